"""Pay helpers

Revision ID: 0140
Revises: 0108
"""

import sqlalchemy as sa
from alembic import op

from groupbuy.db import UtcDateTime

revision = '0140'
down_revision = '0108'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('helper_payment',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('account_id', _INTEGER, nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('proof', sa.Text(), nullable=False),
    sa.Column('submission_key', sa.Text(), nullable=True),
    sa.Column('noted_at', UtcDateTime(), nullable=False),
    sa.Column('noted_by', sa.Text(), nullable=False),
    sa.Column('decided_at', UtcDateTime(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('noted', 'confirmed', 'denied')", name=op.f('ck_helper_payment_state')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_helper_payment_amount')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_helper_payment_account_id')),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_helper_payment_leader_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_helper_payment')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_helper_payment_submission_key'))
    )
    with op.batch_alter_table('helper_payment', schema=None) as batch_op:
        batch_op.create_index('ix_helper_payment_leader', ['leader_id', 'account_id'], unique=False)
        batch_op.create_index('ix_helper_payment_account', ['account_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('helper_payment', schema=None) as batch_op:
        batch_op.drop_index('ix_helper_payment_account')
        batch_op.drop_index('ix_helper_payment_leader')
    op.drop_table('helper_payment')
