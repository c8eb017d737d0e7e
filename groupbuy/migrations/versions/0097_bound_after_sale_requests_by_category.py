"""Bound after-sale requests by category

Revision ID: 0097
Revises: 0096
"""

import sqlalchemy as sa
from alembic import op

revision = '0097'
down_revision = '0096'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('category', schema=None) as batch_op:
        batch_op.add_column(sa.Column('after_sale_hours', _INTEGER, nullable=True))
        batch_op.create_check_constraint(batch_op.f('ck_category_after_sale_hours'), 'after_sale_hours > 0')


def downgrade() -> None:
    with op.batch_alter_table('category', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_category_after_sale_hours'), type_='check')
        batch_op.drop_column('after_sale_hours')
