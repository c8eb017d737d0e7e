"""Bring what comes after the vehicle has left on a second tour, take a part back that was handed out

Revision ID: 0310
Revises: 0350
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.naming import conv

revision = '0310'
down_revision = '0350'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
# What has left is what had closed by then; until now later rounds counted as brought with it.
_UNITS = conv('ck_line_pickup_units')
# The newest row of a line with as many units as came back goes with it.
_BACK_OFF = (
    'DELETE FROM line_pickup WHERE units < 0 OR EXISTS (SELECT 1 FROM line_pickup b'
    ' WHERE b.order_line_id = line_pickup.order_line_id AND b.units = -line_pickup.units'
    ' AND b.id > line_pickup.id)'
)
_CARRIED = (
    'INSERT INTO carried_round (day, leader_id, round_id, stop_id)'
    ' SELECT DISTINCT s.day, s.leader_id, r.id, s.id'
    ' FROM delivery_stop s JOIN delivery_route d ON d.id = s.route_id'
    ' JOIN {order} o ON o.leader_id = s.leader_id'
    ' JOIN round r ON r.id = o.round_id AND coalesce(o.pickup_date, r.pickup_date) = s.day'
    " WHERE d.left_at IS NOT NULL AND r.closes_at <= d.left_at AND r.state NOT IN ('draft', 'scheduled', 'open')"
)


def upgrade() -> None:
    with op.batch_alter_table('delivery_stop', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tour', _INTEGER, server_default='1', nullable=False))
        batch_op.drop_constraint(conv('uq_delivery_stop_day_leader_id'), type_='unique')
        batch_op.create_unique_constraint(
            conv('uq_delivery_stop_day_leader_id_tour'), ['day', 'leader_id', 'tour']
        )
    with op.batch_alter_table('pickup_follow_up', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tour', _INTEGER, server_default='1', nullable=False))
        batch_op.drop_constraint(conv('pk_pickup_follow_up'), type_='primary')
        batch_op.create_primary_key(conv('pk_pickup_follow_up'), ['leader_id', 'day', 'tour'])
    op.create_table(
        'carried_round',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('leader_id', _INTEGER, autoincrement=False, nullable=False),
        sa.Column('round_id', _INTEGER, autoincrement=False, nullable=False),
        sa.Column('stop_id', _INTEGER, nullable=False),
        sa.ForeignKeyConstraint(
            ['leader_id'], ['leader.id'], name=op.f('fk_carried_round_leader_id')
        ),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_carried_round_round_id')),
        sa.ForeignKeyConstraint(
            ['stop_id'], ['delivery_stop.id'], name=op.f('fk_carried_round_stop_id')
        ),
        sa.PrimaryKeyConstraint('day', 'leader_id', 'round_id', name=op.f('pk_carried_round')),
    )
    op.create_index(op.f('ix_carried_round_stop_id'), 'carried_round', ['stop_id'])
    with op.batch_alter_table('line_pickup', schema=None) as batch_op:
        batch_op.drop_constraint(_UNITS, type_='check')
        batch_op.create_check_constraint(_UNITS, 'units != 0')
    for orders in ('"order"', 'archived_order'):
        op.execute(_CARRIED.format(order=orders) + ' ON CONFLICT DO NOTHING')


def downgrade() -> None:
    op.drop_table('carried_round')
    # A part that was taken back leaves no trace then; what is left of each line stays right.
    op.execute(
        'DELETE FROM line_pickup WHERE order_line_id IN'
        ' (SELECT order_line_id FROM line_pickup GROUP BY order_line_id HAVING sum(units) = 0)'
    )
    op.execute(_BACK_OFF)
    with op.batch_alter_table('line_pickup', schema=None) as batch_op:
        batch_op.drop_constraint(_UNITS, type_='check')
        batch_op.create_check_constraint(_UNITS, 'units > 0')
    # Nobody knows a second stop of a day any more.
    op.execute('DELETE FROM pickup_follow_up WHERE tour > 1')
    with op.batch_alter_table('pickup_follow_up', schema=None) as batch_op:
        batch_op.drop_constraint(conv('pk_pickup_follow_up'), type_='primary')
        batch_op.drop_column('tour')
        batch_op.create_primary_key(conv('pk_pickup_follow_up'), ['leader_id', 'day'])
    op.execute('DELETE FROM delivery_discrepancy WHERE stop_id IN (SELECT id FROM delivery_stop WHERE tour > 1)')
    op.execute('DELETE FROM delivery_stop WHERE tour > 1')
    with op.batch_alter_table('delivery_stop', schema=None) as batch_op:
        batch_op.drop_constraint(conv('uq_delivery_stop_day_leader_id_tour'), type_='unique')
        batch_op.drop_column('tour')
        batch_op.create_unique_constraint(conv('uq_delivery_stop_day_leader_id'), ['day', 'leader_id'])
