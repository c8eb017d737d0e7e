"""Mark messages as read

Revision ID: 0051
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = '0051'
down_revision = '0038'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('notes_seen',
    sa.Column('recipient', sa.String(), nullable=False),
    sa.Column('message_id', _INTEGER, nullable=False),
    sa.PrimaryKeyConstraint('recipient', name=op.f('pk_notes_seen'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index('ix_message_recipient', ['recipient', 'id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index('ix_message_recipient')

    op.drop_table('notes_seen')
