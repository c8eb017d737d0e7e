"""Link WeChat users to accounts

Revision ID: 0012
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0012'
down_revision = '0010'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('wechat_link',
    sa.Column('account_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('openid', sa.String(), nullable=False),
    sa.Column('linked_at', _MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_wechat_link_account_id')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_wechat_link')),
    sa.UniqueConstraint('openid', name=op.f('uq_wechat_link_openid'))
    )


def downgrade() -> None:
    op.drop_table('wechat_link')
