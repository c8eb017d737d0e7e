"""Pay exchanges with what the former goods had cost

Revision ID: 0133
Revises: 0132
"""

import sqlalchemy as sa
from alembic import op

revision = '0133'
down_revision = '0132'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('after_sale_replacement', schema=None) as batch_op:
        batch_op.add_column(sa.Column('credit_fen', _INTEGER, nullable=True))
        batch_op.create_check_constraint(batch_op.f('ck_after_sale_replacement_credit'), 'credit_fen >= 0')


def downgrade() -> None:
    with op.batch_alter_table('after_sale_replacement', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_after_sale_replacement_credit'), type_='check')
        batch_op.drop_column('credit_fen')
