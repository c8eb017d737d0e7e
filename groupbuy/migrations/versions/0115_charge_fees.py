"""Charge fees with orders

Revision ID: 0115
Revises: 0105
"""

import sqlalchemy as sa
from alembic import op

revision = '0115'
down_revision = '0105'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('fee_fen', _INTEGER, nullable=False, server_default='0'))
    op.create_table('order_fee',
    sa.Column('order_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('booked_fen', _INTEGER, nullable=False),
    sa.Column('version', _INTEGER, nullable=False),
    sa.CheckConstraint('amount_fen >= 0', name=op.f('ck_order_fee_amount')),
    sa.CheckConstraint("kind IN ('freight', 'door')", name=op.f('ck_order_fee_kind')),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_order_fee_order_id')),
    sa.PrimaryKeyConstraint('order_id', 'kind', name=op.f('pk_order_fee'))
    )


def downgrade() -> None:
    op.drop_table('order_fee')
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.drop_column('fee_fen')
