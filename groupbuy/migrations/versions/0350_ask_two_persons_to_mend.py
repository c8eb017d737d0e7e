"""Ask two persons to put a large transfer right

Revision ID: 0350
Revises: 0330
"""

import sqlalchemy as sa
from alembic import op

revision = '0350'
down_revision = '0330'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('wechat_transfer', sa.Column('mend_fen', _INTEGER, nullable=True))
    op.add_column('wechat_transfer', sa.Column('mend_asked_by', sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('wechat_transfer', schema=None) as batch_op:
        batch_op.drop_column('mend_asked_by')
        batch_op.drop_column('mend_fen')
