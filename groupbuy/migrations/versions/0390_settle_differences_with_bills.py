"""Settle differences with the bills of channels

Revision ID: 0390
Revises: 0400
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0390'
down_revision = '0400'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'bill_settlement',
        sa.Column('id', _INTEGER, nullable=False),
        sa.Column('channel', sa.String(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('number', sa.String(), nullable=False),
        sa.Column('deed', sa.String(), nullable=False),
        sa.Column('account', sa.String(), nullable=True),
        sa.Column('ours_fen', _INTEGER, nullable=True),
        sa.Column('theirs_fen', _INTEGER, nullable=True),
        sa.Column('amount_fen', _INTEGER, nullable=False),
        sa.Column('reason', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('asked_at', _MOMENT, nullable=False),
        sa.Column('asked_by', sa.String(), nullable=False),
        sa.Column('decided_at', _MOMENT, nullable=True),
        sa.Column('decided_by', sa.String(), nullable=True),
        sa.CheckConstraint("deed IN ('explain', 'book', 'receive')", name=op.f('ck_bill_settlement_deed')),
        sa.CheckConstraint("state IN ('asked', 'done')", name=op.f('ck_bill_settlement_state')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_bill_settlement')),
    )
    with op.batch_alter_table('bill_settlement', schema=None) as batch_op:
        batch_op.create_index('ix_bill_settlement_number', ['channel', 'kind', 'number'])


def downgrade() -> None:
    op.drop_table('bill_settlement')
