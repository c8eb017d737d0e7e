"""Set what a campaign takes for freight

Revision ID: 0116
Revises: 0115
"""

import sqlalchemy as sa
from alembic import op

revision = '0116'
down_revision = '0115'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_TABLES = ('campaign', 'round')


def upgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column('freight_fen', _INTEGER, nullable=True))
            batch_op.add_column(sa.Column('freight_free_from_fen', _INTEGER, nullable=True))
            batch_op.add_column(
                sa.Column('freight_shared', sa.Boolean(), nullable=False, server_default=sa.false())
            )
            batch_op.create_check_constraint(
                batch_op.f(f'ck_{table}_freight'), 'freight_fen > 0 AND freight_free_from_fen > 0'
            )


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f'ck_{table}_freight'), type_='check')
            batch_op.drop_column('freight_shared')
            batch_op.drop_column('freight_free_from_fen')
            batch_op.drop_column('freight_fen')
