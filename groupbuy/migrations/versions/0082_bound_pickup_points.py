"""Bound what pickup points take on a day

Revision ID: 0082
Revises: 0081
"""

import sqlalchemy as sa
from alembic import op

revision = '0082'
down_revision = '0081'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('leader', schema=None) as batch_op:
        batch_op.add_column(sa.Column('bag_capacity', _INTEGER, nullable=True))
        batch_op.create_check_constraint(batch_op.f('ck_leader_capacity'), 'bag_capacity > 0')


def downgrade() -> None:
    with op.batch_alter_table('leader', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_leader_capacity'), type_='check')
        batch_op.drop_column('bag_capacity')
