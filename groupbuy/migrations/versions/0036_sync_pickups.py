"""Sync what phones handed out without a connection

Revision ID: 0036
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0036'
down_revision = '0022'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('pickup_event',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('order_no', sa.String(), nullable=False),
    sa.Column('parts', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('happened_at', _MOMENT, nullable=False),
    sa.Column('received_at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=True),
    sa.Column('message', sa.String(), nullable=True),
    sa.Column('decision', sa.String(), nullable=True),
    sa.Column('decided_at', _MOMENT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.CheckConstraint("decision IN ('gone', 'here')", name=op.f('ck_pickup_event_decision')),
    sa.CheckConstraint("outcome IN ('done', 'conflict', 'settled')", name=op.f('ck_pickup_event_outcome')),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_pickup_event_leader_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pickup_event')),
    sa.UniqueConstraint('event_id', name=op.f('uq_pickup_event_event_id'))
    )
    with op.batch_alter_table('pickup_event', schema=None) as batch_op:
        batch_op.create_index('ix_pickup_event_open', ['leader_id', 'outcome'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('pickup_event', schema=None) as batch_op:
        batch_op.drop_index('ix_pickup_event_open')

    op.drop_table('pickup_event')
