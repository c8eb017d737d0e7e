"""Review the levels of leaders

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0052'
down_revision = '0051'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('level_review',
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('month', name=op.f('pk_level_review'))
    )
    with op.batch_alter_table('leader_level', schema=None) as batch_op:
        batch_op.add_column(sa.Column('min_month_fen', _INTEGER, nullable=True))
        batch_op.create_check_constraint(batch_op.f('ck_leader_level_turnover'), 'min_month_fen >= 0')


def downgrade() -> None:
    with op.batch_alter_table('leader_level', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_leader_level_turnover'), type_='check')
        batch_op.drop_column('min_month_fen')

    op.drop_table('level_review')
