"""Ask twice who it is: second factors, recovery codes, proofs within a session, and what is sent a day

Revision ID: 0025
Revises: 0050
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0025'
down_revision = '0050'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('second_factor',
    sa.Column('account_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('seed', sa.String(), nullable=False),
    sa.Column('confirmed_at', _MOMENT, nullable=False),
    sa.Column('last_step', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_second_factor_account_id')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_second_factor'))
    )
    op.create_table('recovery_code',
    sa.Column('account_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('used_at', _MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_recovery_code_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'digest', name=op.f('pk_recovery_code'))
    )
    op.create_table('upload_day',
    sa.Column('account_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('files', _INTEGER, nullable=False),
    sa.Column('bytes', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_upload_day_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'day', name=op.f('pk_upload_day'))
    )
    op.create_index(op.f('ix_upload_day_day'), 'upload_day', ['day'])
    with op.batch_alter_table('web_session') as batch:
        batch.add_column(sa.Column('proved_at', _MOMENT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('web_session') as batch:
        batch.drop_column('proved_at')
    op.drop_table('upload_day')
    op.drop_table('recovery_code')
    op.drop_table('second_factor')
