"""Keep the books: postings, balances, settled commission, withdrawals, cash and refunds

Revision ID: 0011
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0011'
down_revision = '0012'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)

# What was paid before there was a ledger, so that the books begin with what the orders say.
_OPENING = """
    INSERT INTO posting (debit_account, credit_account, amount_fen, cause_kind, cause_id, part, at, actor, period)
    SELECT 'channel:opening', 'resident:' || o.resident_id, o.paid_fen, 'order_payment', CAST(o.id AS VARCHAR),
           'opening', CURRENT_TIMESTAMP, 'cli', {period}
    FROM "order" o WHERE o.paid_fen > 0
"""
_PERIODS = {
    'sqlite': "strftime('%Y-%m', 'now', '+8 hours')",
    'postgresql': "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')",
}


def upgrade() -> None:
    op.create_table('posting',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('debit_account', sa.String(), nullable=False),
    sa.Column('credit_account', sa.String(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('cause_kind', sa.String(), nullable=False),
    sa.Column('cause_id', sa.String(), nullable=False),
    sa.Column('part', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('period', sa.String(), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_posting_amount')),
    sa.CheckConstraint('debit_account <> credit_account', name=op.f('ck_posting_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posting')),
    sa.UniqueConstraint('cause_kind', 'cause_id', 'part', name=op.f('uq_posting_cause_kind_cause_id_part'))
    )
    with op.batch_alter_table('posting', schema=None) as batch_op:
        batch_op.create_index('ix_posting_debit', ['debit_account', 'period'], unique=False)
        batch_op.create_index('ix_posting_credit', ['credit_account', 'period'], unique=False)
        batch_op.create_index('ix_posting_period', ['period', 'id'], unique=False)
    op.create_table('account_balance',
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('balance_fen', _INTEGER, nullable=False),
    sa.CheckConstraint("balance_fen >= 0 OR account LIKE 'commission:%'", name=op.f('ck_account_balance_not_overdrawn')),
    sa.PrimaryKeyConstraint('account', name=op.f('pk_account_balance'))
    )
    op.create_table('closed_period',
    sa.Column('period', sa.String(), nullable=False),
    sa.Column('closed_at', _MOMENT, nullable=False),
    sa.Column('closed_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('period', name=op.f('pk_closed_period'))
    )
    op.create_table('finance_setting',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', _INTEGER, nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_finance_setting'))
    )
    op.create_table('commission_standing',
    sa.Column('round_id', _INTEGER, nullable=False),
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('accrued_fen', _INTEGER, nullable=False),
    sa.Column('taken_fen', _INTEGER, nullable=False),
    sa.Column('settled_fen', _INTEGER, nullable=False),
    sa.Column('settled_until', _MOMENT, nullable=True),
    sa.Column('version', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_commission_standing_leader_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_commission_standing_round_id')),
    sa.PrimaryKeyConstraint('round_id', 'leader_id', name=op.f('pk_commission_standing'))
    )
    with op.batch_alter_table('commission_standing', schema=None) as batch_op:
        batch_op.create_index('ix_commission_standing_leader', ['leader_id'], unique=False)
    op.create_table('settlement_clock',
    sa.Column('id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('settled_at', _MOMENT, nullable=False),
    sa.Column('settled_until', _MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement_clock'))
    )
    op.create_table('payout_batch',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('made_at', _MOMENT, nullable=False),
    sa.Column('made_by', sa.String(), nullable=False),
    sa.Column('payouts', _INTEGER, nullable=False),
    sa.Column('net_fen', _INTEGER, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_batch'))
    )
    op.create_table('withdrawal',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('fee_fen', _INTEGER, nullable=False),
    sa.Column('tax_fen', _INTEGER, nullable=False),
    sa.Column('month', sa.String(), nullable=False),
    sa.Column('method', sa.String(), nullable=False),
    sa.Column('payee', sa.String(), nullable=False),
    sa.Column('payee_name', sa.String(), nullable=False),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.Column('asked_at', _MOMENT, nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('checked_by', sa.String(), nullable=True),
    sa.Column('decided_at', _MOMENT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('paid_at', _MOMENT, nullable=True),
    sa.Column('paid_by', sa.String(), nullable=True),
    sa.Column('proof', sa.String(), nullable=True),
    sa.Column('batch_id', _INTEGER, nullable=True),
    sa.CheckConstraint("state IN ('asked', 'checked', 'approved', 'rejected', 'paid')", name=op.f('ck_withdrawal_state')),
    sa.CheckConstraint('amount_fen > 0 AND fee_fen >= 0 AND tax_fen >= 0', name=op.f('ck_withdrawal_amounts')),
    sa.CheckConstraint('fee_fen + tax_fen <= amount_fen', name=op.f('ck_withdrawal_net')),
    sa.CheckConstraint("method IN ('wechat', 'alipay', 'bank')", name=op.f('ck_withdrawal_method')),
    sa.ForeignKeyConstraint(['batch_id'], ['payout_batch.id'], name=op.f('fk_withdrawal_batch_id')),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_withdrawal_leader_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_withdrawal')),
    sa.UniqueConstraint('number', name=op.f('uq_withdrawal_number')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_withdrawal_submission_key'))
    )
    with op.batch_alter_table('withdrawal', schema=None) as batch_op:
        batch_op.create_index('ix_withdrawal_leader', ['leader_id', 'month'], unique=False)
        batch_op.create_index('ix_withdrawal_state', ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_withdrawal_batch_id'), ['batch_id'], unique=False)
    op.create_table('cash_handover',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.Column('handed_at', _MOMENT, nullable=False),
    sa.Column('handed_by', sa.String(), nullable=False),
    sa.Column('decided_at', _MOMENT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.CheckConstraint("state IN ('handed', 'confirmed', 'rejected')", name=op.f('ck_cash_handover_state')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_cash_handover_amount')),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_cash_handover_leader_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cash_handover')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_cash_handover_submission_key'))
    )
    with op.batch_alter_table('cash_handover', schema=None) as batch_op:
        batch_op.create_index('ix_cash_handover_leader', ['leader_id', 'state'], unique=False)
    op.create_table('refund',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('order_id', _INTEGER, nullable=False),
    sa.Column('target', sa.String(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_refund_amount')),
    sa.CheckConstraint("target IN ('wallet', 'cash')", name=op.f('ck_refund_target')),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_refund_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_refund_submission_key'))
    )
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.create_index('ix_refund_order', ['order_id'], unique=False)
    op.create_table('order_books',
    sa.Column('order_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('sold_fen', _INTEGER, nullable=False),
    sa.Column('owed_fen', _INTEGER, nullable=False),
    sa.Column('version', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_order_books_order_id')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_order_books'))
    )
    with op.batch_alter_table('commission_entry', schema=None) as batch_op:
        batch_op.create_index('ix_commission_entry_created', ['created_at'], unique=False)
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.create_index(
            'ix_order_picked_up', ['picked_up_at'], unique=False,
            postgresql_where=sa.text('picked_up_at IS NOT NULL'), sqlite_where=sa.text('picked_up_at IS NOT NULL'),
        )
        batch_op.create_index(
            'ix_order_owed_back', ['id'], unique=False,
            postgresql_where=sa.text('paid_fen > amount_fen'), sqlite_where=sa.text('paid_fen > amount_fen'),
        )
    op.execute(_OPENING.format(period=_PERIODS[op.get_bind().dialect.name]))


def downgrade() -> None:
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.drop_index('ix_order_owed_back')
        batch_op.drop_index('ix_order_picked_up')
    with op.batch_alter_table('commission_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_commission_entry_created')
    for table in (
        'order_books', 'refund', 'cash_handover', 'withdrawal', 'payout_batch', 'settlement_clock',
        'commission_standing', 'finance_setting', 'closed_period', 'account_balance', 'posting',
    ):
        op.drop_table(table)
