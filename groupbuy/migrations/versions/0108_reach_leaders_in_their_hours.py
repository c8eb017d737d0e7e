"""Reach leaders in their hours

Revision ID: 0108
Revises: 0117
"""

import sqlalchemy as sa
from alembic import op

revision = '0108'
down_revision = '0117'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('leader', schema=None) as batch_op:
        batch_op.add_column(sa.Column('goods_from_min', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('goods_until_min', _INTEGER, nullable=True))
        batch_op.create_check_constraint(
            batch_op.f('ck_leader_goods_from'), 'goods_from_min >= 0 AND goods_from_min <= 1440'
        )
        batch_op.create_check_constraint(
            batch_op.f('ck_leader_goods_until'),
            'goods_until_min <= 1440 AND goods_until_min > COALESCE(goods_from_min, 0)',
        )


def downgrade() -> None:
    with op.batch_alter_table('leader', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_leader_goods_until'), type_='check')
        batch_op.drop_constraint(batch_op.f('ck_leader_goods_from'), type_='check')
        batch_op.drop_column('goods_until_min')
        batch_op.drop_column('goods_from_min')
