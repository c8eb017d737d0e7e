"""Merge the orders of a day into one bag, split orders

Revision ID: 0080
Revises: 0052
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0080'
down_revision = '0052'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_OWN_DAY = sa.text('pickup_date IS NOT NULL')
_SPLIT = sa.text('split_of_id IS NOT NULL')


def upgrade() -> None:
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('split_of_id', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('pickup_date', sa.Date(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_order_split_of_id'), 'order', ['split_of_id'], ['id'])
        batch_op.create_index('ix_order_own_day', ['pickup_date'], postgresql_where=_OWN_DAY, sqlite_where=_OWN_DAY)
        batch_op.create_index('ix_order_split', ['split_of_id'], postgresql_where=_SPLIT, sqlite_where=_SPLIT)
    _rebuild('day', sa.Column('day', sa.Date(), nullable=False), None)
    # Of two bags of one day the first keeps its code; the orders' own codes stay good in any case.
    op.execute(
        'INSERT INTO bag (day, leader_id, resident_id, code)'
        ' SELECT r.pickup_date, b.leader_id, b.resident_id, MIN(b.code)'
        ' FROM old_bag b JOIN round r ON r.id = b.round_id'
        ' GROUP BY r.pickup_date, b.leader_id, b.resident_id'
    )
    op.drop_table('old_bag')


def downgrade() -> None:
    _rebuild('round_id', sa.Column('round_id', _INTEGER, nullable=False), 'round')
    op.execute(
        'INSERT INTO bag (round_id, leader_id, resident_id, code)'
        ' SELECT MIN(r.id), b.leader_id, b.resident_id, b.code'
        ' FROM old_bag b JOIN round r ON r.pickup_date = b.day'
        ' JOIN "order" o ON o.round_id = r.id AND o.leader_id = b.leader_id AND o.resident_id = b.resident_id'
        ' GROUP BY b.day, b.leader_id, b.resident_id, b.code'
    )
    op.drop_table('old_bag')
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.drop_index('ix_order_split', postgresql_where=_SPLIT, sqlite_where=_SPLIT)
        batch_op.drop_index('ix_order_own_day', postgresql_where=_OWN_DAY, sqlite_where=_OWN_DAY)
        batch_op.drop_constraint(batch_op.f('fk_order_split_of_id'), type_='foreignkey')
        batch_op.drop_column('pickup_date')
        batch_op.drop_column('split_of_id')


def _rebuild(key: str, column: "sa.Column[Any]", table: str | None) -> None:
    """Make the table of bags anew with another first column of its key; the former one is ``old_bag``."""
    op.execute('CREATE TABLE old_bag AS SELECT * FROM bag')
    op.drop_table('bag')
    foreign = [] if table is None else [
        sa.ForeignKeyConstraint([key], [f'{table}.id'], name=op.f(f'fk_bag_{key}'))
    ]
    op.create_table('bag',
    column,
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('resident_id', _INTEGER, nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_bag_leader_id')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_bag_resident_id')),
    *foreign,
    sa.PrimaryKeyConstraint(key, 'leader_id', 'resident_id', name=op.f('pk_bag')),
    sa.UniqueConstraint('leader_id', 'code', name=op.f('uq_bag_leader_id_code'))
    )
