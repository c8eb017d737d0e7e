"""Keep the levels that leaders had

Revision ID: 0430
Revises: 0420
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0430'
down_revision = '0420'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'leader_level_change',
        sa.Column('id', _INTEGER, nullable=False),
        sa.Column('leader_id', _INTEGER, nullable=False),
        sa.Column('level_id', _INTEGER, nullable=True),
        sa.Column('until', _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ['leader_id'], ['leader.id'], name=op.f('fk_leader_level_change_leader_id_leader')
        ),
        sa.ForeignKeyConstraint(
            ['level_id'], ['leader_level.id'], name=op.f('fk_leader_level_change_level_id_leader_level')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_leader_level_change')),
    )
    with op.batch_alter_table('leader_level_change', schema=None) as batch_op:
        batch_op.create_index('ix_leader_level_change_leader', ['leader_id', 'until'])


def downgrade() -> None:
    op.drop_table('leader_level_change')
