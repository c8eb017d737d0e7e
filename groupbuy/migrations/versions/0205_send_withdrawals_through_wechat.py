"""Send withdrawals through WeChat

Revision ID: 0205
Revises: 0180
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0205'
down_revision = '0180'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_FORMER = "state IN ('asked', 'checked', 'approved', 'rejected', 'paid')"
_STATES = "state IN ('asked', 'checked', 'approved', 'sending', 'rejected', 'paid')"
_TRIES = "state IN ('queued', 'processing', 'waiting', 'refused', 'stuck', 'success', 'failed', 'mispaid')"
_LIVE = sa.text("state NOT IN ('failed', 'mispaid')")
_LOOKED_AT = sa.text('look_at IS NOT NULL')


def upgrade() -> None:
    with op.batch_alter_table('withdrawal', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_withdrawal_state'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_withdrawal_state'), _STATES)
    op.create_table(
        'wechat_transfer',
        sa.Column('id', _INTEGER, nullable=False),
        sa.Column('number', sa.String(), nullable=False),
        sa.Column('withdrawal_id', _INTEGER, nullable=False),
        sa.Column('amount_fen', _INTEGER, nullable=False),
        sa.Column('payee', sa.String(), nullable=False),
        sa.Column('payee_name', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('reference', sa.String(), nullable=True),
        sa.Column('package', sa.String(), nullable=True),
        sa.Column('asked_at', _MOMENT, nullable=False),
        sa.Column('actor', sa.String(), nullable=False),
        sa.Column('ended_at', _MOMENT, nullable=True),
        sa.Column('look_at', _MOMENT, nullable=True),
        sa.Column('looks', _INTEGER, nullable=False),
        sa.Column('last_error', sa.String(), nullable=True),
        sa.Column('submission_key', sa.String(), nullable=True),
        sa.CheckConstraint(_TRIES, name=op.f('ck_wechat_transfer_state')),
        sa.CheckConstraint('amount_fen > 0', name=op.f('ck_wechat_transfer_amount')),
        sa.ForeignKeyConstraint(
            ['withdrawal_id'], ['withdrawal.id'], name=op.f('fk_wechat_transfer_withdrawal_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_wechat_transfer')),
        sa.UniqueConstraint('number', name=op.f('uq_wechat_transfer_number')),
        sa.UniqueConstraint('submission_key', name=op.f('uq_wechat_transfer_submission_key')),
    )
    with op.batch_alter_table('wechat_transfer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_wechat_transfer_withdrawal_id'), ['withdrawal_id'])
        batch_op.create_index(
            'ix_wechat_transfer_live',
            ['withdrawal_id'],
            unique=True,
            postgresql_where=_LIVE,
            sqlite_where=_LIVE,
        )
        batch_op.create_index(
            'ix_wechat_transfer_look',
            ['look_at'],
            postgresql_where=_LOOKED_AT,
            sqlite_where=_LOOKED_AT,
        )


def downgrade() -> None:
    op.drop_table('wechat_transfer')
    # Whoever goes back looks at WeChat's own pages first for what was on its way.
    op.execute("UPDATE withdrawal SET state = 'approved' WHERE state = 'sending'")
    with op.batch_alter_table('withdrawal', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_withdrawal_state'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_withdrawal_state'), _FORMER)
