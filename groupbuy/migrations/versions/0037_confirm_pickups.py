"""Confirm by itself what nobody has scanned

Revision ID: 0037
Revises: 0047
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0037'
down_revision = '0047'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('pickup_follow_up',
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('reminded_at', _MOMENT, nullable=True),
    sa.Column('confirmed_at', _MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_pickup_follow_up_leader_id')),
    sa.PrimaryKeyConstraint('leader_id', 'day', name=op.f('pk_pickup_follow_up'))
    )


def downgrade() -> None:
    op.drop_table('pickup_follow_up')
