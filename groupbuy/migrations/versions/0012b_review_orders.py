"""Review orders before the cut-off

Revision ID: 0012b
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0012b'
down_revision = '0011'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_TABLES = ('campaign', 'round')


def upgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column('review_above_fen', _INTEGER, nullable=True))
            batch_op.add_column(sa.Column('unreviewed', sa.String(), nullable=False, server_default='keep'))
            batch_op.create_check_constraint(
                batch_op.f(f'ck_{table}_unreviewed'), "unreviewed IN ('keep', 'cancel')"
            )
    op.create_table('order_review',
    sa.Column('order_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('asked_at', _MOMENT, nullable=False),
    sa.Column('approved_at', _MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_order_review_order_id')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_order_review'))
    )


def downgrade() -> None:
    op.drop_table('order_review')
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f'ck_{table}_unreviewed'), type_='check')
            batch_op.drop_column('unreviewed')
            batch_op.drop_column('review_above_fen')
