"""Bring orders to the door or by courier

Revision ID: 0107
Revises: 0106
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0107'
down_revision = '0106'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('leader', schema=None) as batch_op:
        batch_op.add_column(sa.Column('door_fee_fen', _INTEGER, nullable=True))
        batch_op.create_check_constraint(batch_op.f('ck_leader_door_fee'), 'door_fee_fen >= 0')
    op.create_table('order_carriage',
    sa.Column('order_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('way', sa.String(), nullable=False),
    sa.Column('carrier', sa.String(), nullable=False),
    sa.Column('tracking_no', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.CheckConstraint("way IN ('door', 'courier')", name=op.f('ck_order_carriage_way')),
    sa.CheckConstraint("way = 'door' OR (carrier <> '' AND tracking_no <> '')", name=op.f('ck_order_carriage_parcel')),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_order_carriage_order_id_order')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_order_carriage'))
    )


def downgrade() -> None:
    op.drop_table('order_carriage')
    with op.batch_alter_table('leader', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_leader_door_fee'), type_='check')
        batch_op.drop_column('door_fee_fen')
