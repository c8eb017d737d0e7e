"""Keep in the cart how many units more fill a case

Revision ID: 0180
Revises: 0200
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.naming import conv

revision = '0180'
down_revision = '0200'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MORE = conv('ck_cart_line_more')


def upgrade() -> None:
    with op.batch_alter_table('cart_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('more', _INTEGER, server_default=sa.text('0'), nullable=False))
        batch_op.create_check_constraint(_MORE, 'more >= 0')


def downgrade() -> None:
    with op.batch_alter_table('cart_line', schema=None) as batch_op:
        batch_op.drop_constraint(_MORE, type_='check')
        batch_op.drop_column('more')
