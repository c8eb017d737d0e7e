"""Warn of low stock by warehouse

Revision ID: 0165
Revises: 0160
"""

import sqlalchemy as sa
from alembic import op

revision = '0165'
down_revision = '0160'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('warehouse_alert',
    sa.Column('product_id', _INTEGER, nullable=False),
    sa.Column('warehouse_id', _INTEGER, nullable=False),
    sa.Column('least', _INTEGER, nullable=False),
    sa.CheckConstraint('least > 0', name=op.f('ck_warehouse_alert_least')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_warehouse_alert_product_id')),
    sa.ForeignKeyConstraint(['warehouse_id'], ['warehouse.id'], name=op.f('fk_warehouse_alert_warehouse_id')),
    sa.PrimaryKeyConstraint('product_id', 'warehouse_id', name=op.f('pk_warehouse_alert'))
    )


def downgrade() -> None:
    op.drop_table('warehouse_alert')
