"""Re-route the bags of a leader

Revision ID: 0081
Revises: 0066
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0081'
down_revision = '0066'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sold_by_id', _INTEGER, nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_order_sold_by_id'), 'leader', ['sold_by_id'], ['id'])
    op.create_table('reroute',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('from_leader_id', _INTEGER, nullable=False),
    sa.Column('to_leader_id', _INTEGER, nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('undone_at', _MOMENT, nullable=True),
    sa.Column('undone_by', sa.String(), nullable=True),
    sa.CheckConstraint('from_leader_id != to_leader_id', name=op.f('ck_reroute_leaders')),
    sa.CheckConstraint('(undone_at IS NULL) = (undone_by IS NULL)', name=op.f('ck_reroute_undone')),
    sa.ForeignKeyConstraint(['from_leader_id'], ['leader.id'], name=op.f('fk_reroute_from_leader_id')),
    sa.ForeignKeyConstraint(['to_leader_id'], ['leader.id'], name=op.f('fk_reroute_to_leader_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reroute'))
    )
    with op.batch_alter_table('reroute', schema=None) as batch_op:
        batch_op.create_index('ix_reroute_day', ['day'], unique=False)
    op.create_table('rerouted_order',
    sa.Column('reroute_id', _INTEGER, nullable=False),
    sa.Column('order_id', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_rerouted_order_order_id')),
    sa.ForeignKeyConstraint(['reroute_id'], ['reroute.id'], name=op.f('fk_rerouted_order_reroute_id')),
    sa.PrimaryKeyConstraint('reroute_id', 'order_id', name=op.f('pk_rerouted_order'))
    )
    with op.batch_alter_table('rerouted_order', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rerouted_order_order_id'), ['order_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('rerouted_order', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rerouted_order_order_id'))
    op.drop_table('rerouted_order')
    with op.batch_alter_table('reroute', schema=None) as batch_op:
        batch_op.drop_index('ix_reroute_day')
    op.drop_table('reroute')
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_order_sold_by_id'), type_='foreignkey')
        batch_op.drop_column('sold_by_id')
