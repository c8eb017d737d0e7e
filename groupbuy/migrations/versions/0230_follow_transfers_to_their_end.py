"""Follow transfers through WeChat to their end: batches, called back, mended

Revision ID: 0230
Revises: 0205
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0230'
down_revision = '0205'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_FORMER = "state IN ('queued', 'processing', 'waiting', 'refused', 'stuck', 'success', 'failed', 'mispaid')"
_STATES = _FORMER.replace("'mispaid'", "'mispaid', 'mended'")
_FORMER_LIVE = sa.text("state NOT IN ('failed', 'mispaid')")
_LIVE = sa.text("state NOT IN ('failed', 'mispaid', 'mended')")


def _name_states(states: str, live: sa.TextClause) -> None:
    with op.batch_alter_table('wechat_transfer', schema=None) as batch_op:
        batch_op.drop_index('ix_wechat_transfer_live')
        batch_op.drop_constraint(batch_op.f('ck_wechat_transfer_state'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_wechat_transfer_state'), states)
    with op.batch_alter_table('wechat_transfer', schema=None) as batch_op:
        batch_op.create_index(
            'ix_wechat_transfer_live',
            ['withdrawal_id'],
            unique=True,
            postgresql_where=live,
            sqlite_where=live,
        )


def upgrade() -> None:
    op.create_table(
        'transfer_batch',
        sa.Column('id', _INTEGER, nullable=False),
        sa.Column('made_at', _MOMENT, nullable=False),
        sa.Column('made_by', sa.String(), nullable=False),
        sa.Column('submission_key', sa.String(), nullable=True),
        sa.Column('left_out', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer_batch')),
        sa.UniqueConstraint('submission_key', name=op.f('uq_transfer_batch_submission_key')),
    )
    with op.batch_alter_table('wechat_transfer', schema=None) as batch_op:
        batch_op.add_column(sa.Column('batch_id', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('paid_fen', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('called_back_at', _MOMENT, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f('fk_wechat_transfer_batch_id'), 'transfer_batch', ['batch_id'], ['id']
        )
        batch_op.create_index(batch_op.f('ix_wechat_transfer_batch_id'), ['batch_id'])
    op.execute("UPDATE wechat_transfer SET paid_fen = amount_fen WHERE state = 'success'")
    _name_states(_STATES, _LIVE)


def downgrade() -> None:
    # What was mended is booked; the version before knows no other end for it.
    op.execute("UPDATE wechat_transfer SET state = 'failed' WHERE state = 'mended'")
    _name_states(_FORMER, _FORMER_LIVE)
    with op.batch_alter_table('wechat_transfer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_wechat_transfer_batch_id'))
        batch_op.drop_constraint(batch_op.f('fk_wechat_transfer_batch_id'), type_='foreignkey')
        batch_op.drop_column('called_back_at')
        batch_op.drop_column('paid_fen')
        batch_op.drop_column('batch_id')
    op.drop_table('transfer_batch')
