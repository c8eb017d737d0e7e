"""Archive rounds

Revision ID: 0136
Revises: 0141
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0136'
down_revision = '0141'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
# Everything that hangs on an order, what is referred to before what refers to it.
_TABLES = (
    'order',
    'after_sale_case',
    'channel_payment',
    'invoice_request',
    'order_books',
    'order_carriage',
    'order_door',
    'order_fee',
    'order_review',
    'refund',
    'refund_request',
    'rerouted_order',
    'channel_refund',
    'invoice_file',
    'order_line',
    'after_sale_line',
    'after_sale_replacement',
    'commission_entry',
    'line_change',
    'line_pickup',
    'line_substitute',
    'line_weight',
    'lot_reply',
    'substitution',
)


def upgrade() -> None:
    op.create_table(
        'round_archive',
        sa.Column('round_id', _INTEGER, autoincrement=False, nullable=False),
        sa.Column('looked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('waits_for', sa.String(), nullable=False),
        sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('actor', sa.String(), nullable=True),
        sa.Column('orders', _INTEGER, nullable=False),
        sa.Column('rows', _INTEGER, nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_round_archive_round_id')),
        sa.PrimaryKeyConstraint('round_id', name=op.f('pk_round_archive')),
    )
    for name in _TABLES:
        _copy(name)


def _copy(name: str) -> None:
    """Make an empty table of the same columns; old rows are found by what the new ones are found by."""
    found = sa.inspect(op.get_bind())
    columns = [
        sa.Column(column['name'], column['type'], nullable=column['nullable'])
        for column in found.get_columns(name)
    ]
    key = found.get_pk_constraint(name)['constrained_columns']
    op.create_table(f'archived_{name}', *columns, sa.PrimaryKeyConstraint(*key, name=f'pk_archived_{name}'))
    searched = {_names(one) for one in (*found.get_indexes(name), *found.get_unique_constraints(name))}
    for number, names in enumerate(sorted(searched - {tuple(key)})):
        op.create_index(f'ix_archived_{name}_{number}', f'archived_{name}', names)


def _names(index: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(index['column_names'])


def downgrade() -> None:
    quote = op.get_bind().dialect.identifier_preparer.quote
    for name in _TABLES:
        columns = ', '.join(quote(one['name']) for one in sa.inspect(op.get_bind()).get_columns(name))
        op.execute(f'INSERT INTO {quote(name)} ({columns}) SELECT {columns} FROM archived_{name}')
    for name in reversed(_TABLES):
        op.drop_table(f'archived_{name}')
    op.drop_table('round_archive')
