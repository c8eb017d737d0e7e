"""Rule by product when perishables may be disposed of

Revision ID: 0171
Revises: 0165
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.naming import conv

revision = '0171'
down_revision = '0165'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_HOURS = conv('ck_product_dispose_hours')


def upgrade() -> None:
    with op.batch_alter_table('product', schema=None) as batch_op:
        batch_op.add_column(sa.Column('dispose_hours', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('dispose_refund', sa.Boolean(), server_default=sa.text('false'), nullable=False))
        batch_op.create_check_constraint(_HOURS, 'dispose_hours >= 0')


def downgrade() -> None:
    with op.batch_alter_table('product', schema=None) as batch_op:
        batch_op.drop_constraint(_HOURS, type_='check')
        batch_op.drop_column('dispose_refund')
        batch_op.drop_column('dispose_hours')
