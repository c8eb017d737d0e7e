"""Say where a refund that waits is paid back to

Revision ID: 0200
Revises: 0195
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.naming import conv

revision = '0200'
down_revision = '0195'
branch_labels = None
depends_on = None

_TARGET = conv('ck_refund_request_target')


def _column() -> sa.Column[str]:
    return sa.Column('target', sa.String(), server_default='sources', nullable=False)


def upgrade() -> None:
    with op.batch_alter_table('refund_request', schema=None) as batch_op:
        batch_op.add_column(_column())
        batch_op.create_check_constraint(_TARGET, "target IN ('sources', 'wallet', 'cash')")
    with op.batch_alter_table('archived_refund_request', schema=None) as batch_op:
        batch_op.add_column(_column())


def downgrade() -> None:
    with op.batch_alter_table('archived_refund_request', schema=None) as batch_op:
        batch_op.drop_column('target')
    with op.batch_alter_table('refund_request', schema=None) as batch_op:
        batch_op.drop_constraint(_TARGET, type_='check')
        batch_op.drop_column('target')
