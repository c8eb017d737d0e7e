"""Match the bank's statement

Revision ID: 0076
Revises: 0075
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0076'
down_revision = '0075'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('bank_line',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('who', sa.String(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('imported_at', _MOMENT, nullable=False),
    sa.CheckConstraint("state IN ('open', 'matched', 'set_aside')", name=op.f('ck_bank_line_state')),
    sa.CheckConstraint('amount_fen <> 0', name=op.f('ck_bank_line_amount')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_line')),
    sa.UniqueConstraint('key', name=op.f('uq_bank_line_key'))
    )
    op.create_index('ix_bank_line_state', 'bank_line', ['state', 'day'])
    op.create_table('bank_match',
    sa.Column('posting_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('line_id', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['posting_id'], ['posting.id'], name=op.f('fk_bank_match_posting_id')),
    sa.ForeignKeyConstraint(['line_id'], ['bank_line.id'], name=op.f('fk_bank_match_line_id')),
    sa.PrimaryKeyConstraint('posting_id', name=op.f('pk_bank_match'))
    )
    op.create_index(op.f('ix_bank_match_line_id'), 'bank_match', ['line_id'])


def downgrade() -> None:
    op.drop_index(op.f('ix_bank_match_line_id'), table_name='bank_match')
    op.drop_table('bank_match')
    op.drop_index('ix_bank_line_state', table_name='bank_line')
    op.drop_table('bank_line')
