"""Tell people by a table of events, roles and channels

Revision ID: 0070
Revises: 0065
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0070'
down_revision = '0065'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_FORMER = "state IN ('queued', 'accepted', 'printed', 'failed')"
_STATES = "state IN ('queued', 'sending', 'accepted', 'printed', 'failed')"


def upgrade() -> None:
    op.create_table('notice_choice',
    sa.Column('event', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('chosen', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('event', 'role', 'channel', name=op.f('pk_notice_choice'))
    )
    op.create_table('notice_text',
    sa.Column('event', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('event', 'role', 'channel', 'language', name=op.f('pk_notice_text'))
    )
    op.create_table('notice_opt_out',
    sa.Column('recipient', sa.String(), nullable=False),
    sa.Column('event', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('recipient', 'event', 'channel', name=op.f('pk_notice_opt_out'))
    )
    op.create_table('notice_dials',
    sa.Column('id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('quiet_from', _INTEGER, nullable=False),
    sa.Column('quiet_until', _INTEGER, nullable=False),
    sa.Column('closing_soon_hours', _INTEGER, nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_notice_dials_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_dials'))
    )
    op.create_table('round_told',
    sa.Column('round_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('event', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_round_told_round_id')),
    sa.PrimaryKeyConstraint('round_id', 'event', name=op.f('pk_round_told'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('event', sa.String(), nullable=True))
        batch_op.drop_constraint(batch_op.f('ck_message_state'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_message_state'), _STATES)
        batch_op.create_index('ix_message_event', ['event', 'id'], unique=False)


def downgrade() -> None:
    op.execute("UPDATE message SET state = 'queued' WHERE state = 'sending'")
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index('ix_message_event')
        batch_op.drop_constraint(batch_op.f('ck_message_state'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_message_state'), _FORMER)
        batch_op.drop_column('event')

    op.drop_table('round_told')
    op.drop_table('notice_dials')
    op.drop_table('notice_opt_out')
    op.drop_table('notice_text')
    op.drop_table('notice_choice')
