"""Propose routes

Revision ID: 0096
Revises: 0093
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0096'
down_revision = '0093'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('delivery_place', schema=None) as batch_op:
        batch_op.add_column(sa.Column('latitude_e6', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('longitude_e6', _INTEGER, nullable=True))
        batch_op.create_check_constraint(
            batch_op.f('ck_delivery_place_place'), '(latitude_e6 IS NULL) = (longitude_e6 IS NULL)'
        )
    op.create_table('route_proposal',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('task', sa.JSON(), nullable=False),
    sa.Column('tours', sa.JSON(), nullable=True),
    sa.Column('before_m', _INTEGER, nullable=False),
    sa.Column('asked_at', _MOMENT, nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('why', sa.String(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'ready', 'failed')", name=op.f('ck_route_proposal_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_route_proposal')),
    sa.UniqueConstraint('day', name=op.f('uq_route_proposal_day'))
    )


def downgrade() -> None:
    op.drop_table('route_proposal')
    with op.batch_alter_table('delivery_place', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_delivery_place_place'), type_='check')
        batch_op.drop_column('longitude_e6')
        batch_op.drop_column('latitude_e6')
