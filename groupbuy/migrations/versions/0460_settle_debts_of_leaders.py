"""Settle debts of leaders

Revision ID: 0460
Revises: 0430
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0460'
down_revision = '0430'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'debt_settlement',
        sa.Column('id', _INTEGER, nullable=False),
        sa.Column('leader_id', _INTEGER, nullable=False),
        sa.Column('deed', sa.String(), nullable=False),
        sa.Column('way', sa.String(), nullable=True),
        sa.Column('amount_fen', _INTEGER, nullable=False),
        sa.Column('words', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('submission_key', sa.String(), nullable=True),
        sa.Column('asked_at', _MOMENT, nullable=False),
        sa.Column('asked_by', sa.String(), nullable=False),
        sa.Column('decided_at', _MOMENT, nullable=True),
        sa.Column('decided_by', sa.String(), nullable=True),
        sa.Column('reason', sa.String(), nullable=True),
        sa.CheckConstraint("deed IN ('repaid', 'written_off')", name=op.f('ck_debt_settlement_deed')),
        sa.CheckConstraint("state IN ('asked', 'done', 'rejected')", name=op.f('ck_debt_settlement_state')),
        sa.CheckConstraint('amount_fen > 0', name=op.f('ck_debt_settlement_amount')),
        sa.CheckConstraint("(deed = 'repaid') = (way IS NOT NULL)", name=op.f('ck_debt_settlement_way')),
        sa.ForeignKeyConstraint(
            ['leader_id'], ['leader.id'], name=op.f('fk_debt_settlement_leader_id_leader')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_debt_settlement')),
        sa.UniqueConstraint('submission_key', name=op.f('uq_debt_settlement_submission_key')),
    )
    with op.batch_alter_table('debt_settlement', schema=None) as batch_op:
        batch_op.create_index('ix_debt_settlement_leader', ['leader_id', 'state'])


def downgrade() -> None:
    op.drop_table('debt_settlement')
