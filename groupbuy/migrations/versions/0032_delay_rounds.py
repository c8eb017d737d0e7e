"""Mark rounds delayed whose goods come late

Revision ID: 0032
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0032'
down_revision = '0036'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('round_delay',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('round_id', _INTEGER, nullable=False),
    sa.Column('former_date', sa.Date(), nullable=False),
    sa.Column('pickup_date', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_round_delay_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_round_delay'))
    )
    with op.batch_alter_table('round_delay', schema=None) as batch_op:
        batch_op.create_index('ix_round_delay_round', ['round_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('round_delay', schema=None) as batch_op:
        batch_op.drop_index('ix_round_delay_round')
    op.drop_table('round_delay')
