"""Plan routes, sign for goods

Revision ID: 0050
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0050'
down_revision = '0035'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('delivery_route',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('driver', sa.String(), nullable=True),
    sa.Column('driver_phone', sa.String(), nullable=True),
    sa.Column('capacity_units', _INTEGER, nullable=True),
    sa.Column('left_at', _MOMENT, nullable=True),
    sa.Column('version', _INTEGER, nullable=False),
    sa.CheckConstraint('capacity_units > 0', name=op.f('ck_delivery_route_capacity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_route')),
    sa.UniqueConstraint('day', 'name', name=op.f('uq_delivery_route_day_name'))
    )
    op.create_table('delivery_stop',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('route_id', _INTEGER, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('position', _INTEGER, nullable=False),
    sa.Column('arrived_at', _MOMENT, nullable=True),
    sa.Column('signed_at', _MOMENT, nullable=True),
    sa.Column('signed_by', sa.String(), nullable=True),
    sa.Column('note', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_delivery_stop_leader_id')),
    sa.ForeignKeyConstraint(['route_id'], ['delivery_route.id'], name=op.f('fk_delivery_stop_route_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_stop')),
    sa.UniqueConstraint('day', 'leader_id', name=op.f('uq_delivery_stop_day_leader_id'))
    )
    with op.batch_alter_table('delivery_stop', schema=None) as batch_op:
        batch_op.create_index('ix_delivery_stop_leader', ['leader_id', 'day'], unique=False)
        batch_op.create_index('ix_delivery_stop_route', ['route_id', 'position'], unique=False)
    op.create_table('delivery_discrepancy',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('stop_id', _INTEGER, nullable=False),
    sa.Column('offer_id', _INTEGER, nullable=False),
    sa.Column('sent', _INTEGER, nullable=False),
    sa.Column('got', _INTEGER, nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('decision', sa.String(), nullable=True),
    sa.Column('payer', sa.String(), nullable=True),
    sa.Column('charge_fen', _INTEGER, nullable=False),
    sa.Column('decided_at', _MOMENT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.CheckConstraint("decision IN ('refund', 'dismiss')", name=op.f('ck_delivery_discrepancy_decision')),
    sa.CheckConstraint("payer IN ('supplier', 'driver', 'warehouse')", name=op.f('ck_delivery_discrepancy_payer')),
    sa.CheckConstraint("reason IN ('missing', 'damaged', 'surplus')", name=op.f('ck_delivery_discrepancy_reason')),
    sa.CheckConstraint('(decision IS NULL) = (decided_at IS NULL)', name=op.f('ck_delivery_discrepancy_decided')),
    sa.CheckConstraint('charge_fen >= 0', name=op.f('ck_delivery_discrepancy_charge')),
    sa.CheckConstraint('sent >= 0 AND got >= 0 AND sent != got', name=op.f('ck_delivery_discrepancy_units')),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_delivery_discrepancy_offer_id')),
    sa.ForeignKeyConstraint(['stop_id'], ['delivery_stop.id'], name=op.f('fk_delivery_discrepancy_stop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_discrepancy')),
    sa.UniqueConstraint('stop_id', 'offer_id', name=op.f('uq_delivery_discrepancy_stop_id_offer_id'))
    )
    with op.batch_alter_table('delivery_discrepancy', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_delivery_discrepancy_offer_id'), ['offer_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('delivery_discrepancy', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_delivery_discrepancy_offer_id'))
    op.drop_table('delivery_discrepancy')
    with op.batch_alter_table('delivery_stop', schema=None) as batch_op:
        batch_op.drop_index('ix_delivery_stop_route')
        batch_op.drop_index('ix_delivery_stop_leader')
    op.drop_table('delivery_stop')
    op.drop_table('delivery_route')
