"""Say where to deliver and on which terms

Revision ID: 0005
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('delivery_place',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_delivery_place_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_place'))
    )
    with op.batch_alter_table('supplier', schema=None) as batch_op:
        batch_op.add_column(sa.Column('terms', sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('supplier', schema=None) as batch_op:
        batch_op.drop_column('terms')
    op.drop_table('delivery_place')
