"""Take payments through channels: payments, calls, refunds and bills of theirs

Revision ID: 0040
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0040'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('channel_bill',
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('fetched_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('channel', 'day', name=op.f('pk_channel_bill'))
    )
    op.create_table('channel_bill_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('payment_number', sa.String(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('pay', 'refund')", name=op.f('ck_channel_bill_line_kind')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_bill_line')),
    sa.UniqueConstraint('channel', 'kind', 'number', name=op.f('uq_channel_bill_line_channel_kind_number'))
    )
    with op.batch_alter_table('channel_bill_line', schema=None) as batch_op:
        batch_op.create_index('ix_channel_bill_line_day', ['channel', 'day'], unique=False)

    op.create_table('channel_notice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('notice_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=True),
    sa.Column('result', sa.String(), nullable=False),
    sa.Column('at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_notice')),
    sa.UniqueConstraint('channel', 'notice_id', name=op.f('uq_channel_notice_channel_notice_id'))
    )
    op.create_table('channel_payment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('way', sa.String(), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('resident_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('action', sa.JSON(), nullable=True),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.Column('reference', sa.String(), nullable=True),
    sa.Column('paid_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('paid_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('look_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('looks', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('last_error', sa.String(), nullable=True),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.CheckConstraint("(state IN ('paid', 'held')) = (paid_fen IS NOT NULL)", name=op.f('ck_channel_payment_paid')),
    sa.CheckConstraint("state IN ('new', 'waiting', 'paid', 'held', 'closed')", name=op.f('ck_channel_payment_state')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_channel_payment_amount')),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_channel_payment_order_id')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_channel_payment_resident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_payment')),
    sa.UniqueConstraint('number', name=op.f('uq_channel_payment_number')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_channel_payment_submission_key'))
    )
    with op.batch_alter_table('channel_payment', schema=None) as batch_op:
        batch_op.create_index('ix_channel_payment_look', ['look_at'], unique=False, postgresql_where=sa.text('look_at IS NOT NULL'), sqlite_where=sa.text('look_at IS NOT NULL'))
        batch_op.create_index('ix_channel_payment_order', ['order_id'], unique=False)
        batch_op.create_index('ix_channel_payment_resident', ['resident_id'], unique=False)

    op.create_table('refund_request',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('asked_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('decided_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('words', sa.String(), nullable=True),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.CheckConstraint("state IN ('asked', 'done', 'rejected')", name=op.f('ck_refund_request_state')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_refund_request_amount')),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_refund_request_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund_request')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_refund_request_submission_key'))
    )
    with op.batch_alter_table('refund_request', schema=None) as batch_op:
        batch_op.create_index('ix_refund_request_order', ['order_id'], unique=False)
        batch_op.create_index('ix_refund_request_state', ['state'], unique=False)

    op.create_table('channel_refund',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('refund_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('amount_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reference', sa.String(), nullable=True),
    sa.Column('asked_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('ended_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('look_at', groupbuy.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('looks', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('last_error', sa.String(), nullable=True),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.CheckConstraint("state IN ('queued', 'processing', 'success', 'abnormal', 'closed', 'to_wallet')", name=op.f('ck_channel_refund_state')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_channel_refund_amount')),
    sa.ForeignKeyConstraint(['payment_id'], ['channel_payment.id'], name=op.f('fk_channel_refund_payment_id')),
    sa.ForeignKeyConstraint(['refund_id'], ['refund.id'], name=op.f('fk_channel_refund_refund_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_refund')),
    sa.UniqueConstraint('number', name=op.f('uq_channel_refund_number')),
    sa.UniqueConstraint('refund_id', name=op.f('uq_channel_refund_refund_id')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_channel_refund_submission_key'))
    )
    with op.batch_alter_table('channel_refund', schema=None) as batch_op:
        batch_op.create_index('ix_channel_refund_look', ['look_at'], unique=False, postgresql_where=sa.text('look_at IS NOT NULL'), sqlite_where=sa.text('look_at IS NOT NULL'))
        batch_op.create_index('ix_channel_refund_payment', ['payment_id'], unique=False)
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_refund_target'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_refund_target'), "target IN ('wallet', 'cash', 'channel')")


def downgrade() -> None:
    # The books keep what was paid back; through which channel is lost with its tables.
    op.execute("UPDATE refund SET target = 'wallet' WHERE target = 'channel'")
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_refund_target'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_refund_target'), "target IN ('wallet', 'cash')")
    with op.batch_alter_table('channel_refund', schema=None) as batch_op:
        batch_op.drop_index('ix_channel_refund_payment')
        batch_op.drop_index('ix_channel_refund_look', postgresql_where=sa.text('look_at IS NOT NULL'), sqlite_where=sa.text('look_at IS NOT NULL'))

    op.drop_table('channel_refund')
    with op.batch_alter_table('refund_request', schema=None) as batch_op:
        batch_op.drop_index('ix_refund_request_state')
        batch_op.drop_index('ix_refund_request_order')

    op.drop_table('refund_request')
    with op.batch_alter_table('channel_payment', schema=None) as batch_op:
        batch_op.drop_index('ix_channel_payment_resident')
        batch_op.drop_index('ix_channel_payment_order')
        batch_op.drop_index('ix_channel_payment_look', postgresql_where=sa.text('look_at IS NOT NULL'), sqlite_where=sa.text('look_at IS NOT NULL'))

    op.drop_table('channel_payment')
    op.drop_table('channel_notice')
    with op.batch_alter_table('channel_bill_line', schema=None) as batch_op:
        batch_op.drop_index('ix_channel_bill_line_day')

    op.drop_table('channel_bill_line')
    op.drop_table('channel_bill')
