"""Receive one delivery into several warehouses

Revision ID: 0186
Revises: 0185
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.naming import conv

revision = '0186'
down_revision = '0185'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_PLACE = conv('fk_goods_receipt_line_warehouse_id')


def upgrade() -> None:
    with op.batch_alter_table('goods_receipt_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('warehouse_id', _INTEGER, nullable=True))
        batch_op.create_foreign_key(_PLACE, 'warehouse', ['warehouse_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('goods_receipt_line', schema=None) as batch_op:
        batch_op.drop_constraint(_PLACE, type_='foreignkey')
        batch_op.drop_column('warehouse_id')
