"""Share commission with helpers

Revision ID: 0117
Revises: 0107
"""

import sqlalchemy as sa
from alembic import op

revision = '0117'
down_revision = '0107'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('leader_helper', schema=None) as batch_op:
        batch_op.add_column(sa.Column('share_bp', _INTEGER, nullable=False, server_default='0'))
        batch_op.create_check_constraint(
            batch_op.f('ck_leader_helper_share'), 'share_bp >= 0 AND share_bp <= 10000'
        )
    op.create_table('helper_share',
    sa.Column('round_id', _INTEGER, nullable=False),
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('account_id', _INTEGER, nullable=False),
    sa.Column('share_bp', _INTEGER, nullable=False),
    sa.Column('settled_fen', _INTEGER, nullable=False),
    sa.CheckConstraint('share_bp > 0', name=op.f('ck_helper_share_share')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_helper_share_account_id')),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_helper_share_leader_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_helper_share_round_id')),
    sa.PrimaryKeyConstraint('round_id', 'leader_id', 'account_id', name=op.f('pk_helper_share'))
    )
    with op.batch_alter_table('helper_share', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_helper_share_account_id'), ['account_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('helper_share', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_helper_share_account_id'))
    op.drop_table('helper_share')
    with op.batch_alter_table('leader_helper', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_leader_helper_share'), type_='check')
        batch_op.drop_column('share_bp')
