"""Limit members of the staff to some communities and leaders

Revision ID: 0022
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0020'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('staff_limit',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('account_id', _INTEGER, nullable=False),
    sa.Column('community_id', _INTEGER, nullable=True),
    sa.Column('leader_id', _INTEGER, nullable=True),
    sa.CheckConstraint('(community_id IS NULL) <> (leader_id IS NULL)', name=op.f('ck_staff_limit_one')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_staff_limit_account_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_staff_limit_community_id')),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_staff_limit_leader_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_limit')),
    sa.UniqueConstraint('account_id', 'community_id', name=op.f('uq_staff_limit_account_id_community_id')),
    sa.UniqueConstraint('account_id', 'leader_id', name=op.f('uq_staff_limit_account_id_leader_id'))
    )


def downgrade() -> None:
    op.drop_table('staff_limit')
