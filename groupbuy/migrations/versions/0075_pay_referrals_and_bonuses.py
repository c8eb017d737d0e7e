"""Pay referrals and bonuses

Revision ID: 0075
Revises: 0061
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0075'
down_revision = '0061'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('leader_referral',
    sa.Column('leader_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('referrer_id', _INTEGER, nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.CheckConstraint('leader_id <> referrer_id', name=op.f('ck_leader_referral_other')),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_leader_referral_leader_id')),
    sa.ForeignKeyConstraint(['referrer_id'], ['leader.id'], name=op.f('fk_leader_referral_referrer_id')),
    sa.PrimaryKeyConstraint('leader_id', name=op.f('pk_leader_referral'))
    )
    op.create_index(op.f('ix_leader_referral_referrer_id'), 'leader_referral', ['referrer_id'])
    op.create_table('campaign_bonus',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('campaign_id', _INTEGER, nullable=False),
    sa.Column('measure', sa.String(), nullable=False),
    sa.Column('target', _INTEGER, nullable=False),
    sa.Column('bonus_fen', _INTEGER, nullable=False),
    sa.Column('valid_from', _MOMENT, nullable=False),
    sa.Column('valid_to', _MOMENT, nullable=True),
    sa.CheckConstraint("measure IN ('turnover', 'units')", name=op.f('ck_campaign_bonus_measure')),
    sa.CheckConstraint('target > 0 AND bonus_fen > 0', name=op.f('ck_campaign_bonus_amounts')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_campaign_bonus_campaign_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_bonus'))
    )
    op.create_index('ix_campaign_bonus_campaign', 'campaign_bonus', ['campaign_id'])
    op.create_table('commission_extra',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('round_id', _INTEGER, nullable=False),
    sa.Column('seller_id', _INTEGER, nullable=False),
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('rate_bp', _INTEGER, nullable=False),
    sa.Column('bonus_id', _INTEGER, nullable=False),
    sa.Column('measure', sa.String(), nullable=True),
    sa.Column('target', _INTEGER, nullable=False),
    sa.Column('bonus_fen', _INTEGER, nullable=False),
    sa.Column('accrued_fen', _INTEGER, nullable=False),
    sa.Column('taken_fen', _INTEGER, nullable=False),
    sa.Column('settled_fen', _INTEGER, nullable=False),
    sa.Column('settled_until', _MOMENT, nullable=True),
    sa.Column('version', _INTEGER, nullable=False),
    sa.CheckConstraint(
        "kind IN ('referral', 'referral_2', 'bonus')", name=op.f('ck_commission_extra_kind')
    ),
    sa.CheckConstraint(
        "(kind = 'bonus') = (leader_id = seller_id)", name=op.f('ck_commission_extra_earner')
    ),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_commission_extra_round_id')),
    sa.ForeignKeyConstraint(['seller_id'], ['leader.id'], name=op.f('fk_commission_extra_seller_id')),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_commission_extra_leader_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_commission_extra')),
    sa.UniqueConstraint(
        'round_id', 'seller_id', 'kind', 'bonus_id', name=op.f('uq_commission_extra_round_id_seller_id_kind_bonus_id')
    )
    )
    op.create_index('ix_commission_extra_leader', 'commission_extra', ['leader_id'])


def downgrade() -> None:
    op.drop_index('ix_commission_extra_leader', table_name='commission_extra')
    op.drop_table('commission_extra')
    op.drop_index('ix_campaign_bonus_campaign', table_name='campaign_bonus')
    op.drop_table('campaign_bonus')
    op.drop_index(op.f('ix_leader_referral_referrer_id'), table_name='leader_referral')
    op.drop_table('leader_referral')
