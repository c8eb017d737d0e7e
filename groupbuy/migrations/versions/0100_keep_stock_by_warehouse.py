"""Keep the stock by warehouse; what lies there already lies in the main one

Revision ID: 0100
Revises: 0116
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0100'
down_revision = '0116'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_FORMER = "kind IN ('receipt_surplus', 'allocated', 'stock_take', 'write_off', 'supplier_return', 'customer_return')"
_NOW = _FORMER.removesuffix(')') + ", 'transfer', 'transfer_difference')"
_MAY_BE_NONE = "units != 0 OR kind = 'transfer'"
_FORMER_KEY = 'uq_stock_batch_product_id_number_best_before'
_KEY = 'uq_stock_batch_product_id_number_best_before_warehouse_id'

_warehouse = sa.table(
    'warehouse',
    sa.column('code', sa.String()),
    sa.column('name', sa.String()),
    sa.column('kind', sa.String()),
    sa.column('active', sa.Boolean()),
)


def upgrade() -> None:
    op.create_table('warehouse',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('central', 'grid', 'transit')", name=op.f('ck_warehouse_kind')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_warehouse')),
    sa.UniqueConstraint('code', name=op.f('uq_warehouse_code'))
    )
    # One after the other: their ids are 1 and 2, which the rules of the warehouse name.
    for code, name, kind in (('MAIN', '中心仓', 'central'), ('TRANSIT', '在途', 'transit')):
        op.execute(sa.insert(_warehouse).values(code=code, name=name, kind=kind, active=True))
    _add_to('goods_receipt')
    _add_to('stock_batch')
    with op.batch_alter_table('stock_batch', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(_FORMER_KEY), type_='unique')
        batch_op.create_unique_constraint(
            batch_op.f(_KEY), ['product_id', 'number', 'best_before', 'warehouse_id']
        )
        batch_op.create_index('ix_stock_batch_warehouse', ['warehouse_id'])
    _bound(_NOW, _MAY_BE_NONE)
    op.create_table('stock_transfer',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('from_id', _INTEGER, nullable=False),
    sa.Column('to_id', _INTEGER, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.Column('sent_at', _MOMENT, nullable=False),
    sa.Column('sent_by', sa.String(), nullable=False),
    sa.Column('arrived_at', _MOMENT, nullable=True),
    sa.Column('arrived_by', sa.String(), nullable=True),
    sa.CheckConstraint("state IN ('sent', 'arrived')", name=op.f('ck_stock_transfer_state')),
    sa.CheckConstraint('from_id != to_id', name=op.f('ck_stock_transfer_places')),
    sa.ForeignKeyConstraint(['from_id'], ['warehouse.id'], name=op.f('fk_stock_transfer_from_id')),
    sa.ForeignKeyConstraint(['to_id'], ['warehouse.id'], name=op.f('fk_stock_transfer_to_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_transfer')),
    sa.UniqueConstraint('number', name=op.f('uq_stock_transfer_number')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_stock_transfer_submission_key'))
    )
    op.create_index('ix_stock_transfer_state', 'stock_transfer', ['state'])
    op.create_table('stock_transfer_line',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('stock_transfer_id', _INTEGER, nullable=False),
    sa.Column('stock_batch_id', _INTEGER, nullable=False),
    sa.Column('sent', _INTEGER, nullable=False),
    sa.Column('arrived', _INTEGER, nullable=True),
    sa.CheckConstraint('sent > 0 AND arrived >= 0', name=op.f('ck_stock_transfer_line_units')),
    sa.ForeignKeyConstraint(
        ['stock_transfer_id'], ['stock_transfer.id'], name=op.f('fk_stock_transfer_line_stock_transfer_id')
    ),
    sa.ForeignKeyConstraint(
        ['stock_batch_id'], ['stock_batch.id'], name=op.f('fk_stock_transfer_line_stock_batch_id')
    ),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_transfer_line')),
    sa.UniqueConstraint(
        'stock_transfer_id', 'stock_batch_id', name=op.f('uq_stock_transfer_line_stock_transfer_id_stock_batch_id')
    )
    )


def _add_to(table: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(sa.Column('warehouse_id', _INTEGER, nullable=False, server_default='1'))
        batch_op.create_foreign_key(
            batch_op.f(f'fk_{table}_warehouse_id'), 'warehouse', ['warehouse_id'], ['id']
        )
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column('warehouse_id', server_default=None)


def _bound(kinds: str, units: str) -> None:
    with op.batch_alter_table('stock_movement', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_stock_movement_kind'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_stock_movement_kind'), kinds)
        batch_op.drop_constraint(batch_op.f('ck_stock_movement_units'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_stock_movement_units'), units)


def downgrade() -> None:
    op.drop_table('stock_transfer_line')
    op.drop_table('stock_transfer')
    _put_together()
    _bound(_FORMER, 'units != 0')
    with op.batch_alter_table('stock_batch', schema=None) as batch_op:
        batch_op.drop_index('ix_stock_batch_warehouse')
        batch_op.drop_constraint(batch_op.f(_KEY), type_='unique')
        batch_op.create_unique_constraint(batch_op.f(_FORMER_KEY), ['product_id', 'number', 'best_before'])
    for table in ('stock_batch', 'goods_receipt'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f'fk_{table}_warehouse_id'), type_='foreignkey')
            batch_op.drop_column('warehouse_id')
    op.drop_table('warehouse')


# Each batch beside the one of the same name and day that stays, the first of all warehouses.
_STAYING = """
    SELECT goes.id AS batch_id, min(stays.id) AS stays_id FROM stock_batch AS goes JOIN stock_batch AS stays
    ON stays.product_id = goes.product_id AND stays.number = goes.number
    AND stays.best_before = goes.best_before GROUP BY goes.id
"""
_TOGETHER = (
    f'CREATE TABLE staying AS {_STAYING}',
    """CREATE TABLE moved_together AS SELECT stock_movement_id, stays_id, sum(units) AS units
    FROM batch_movement JOIN staying ON batch_id = stock_batch_id
    GROUP BY stock_movement_id, stays_id HAVING sum(units) != 0""",
    """CREATE TABLE lying_together AS SELECT stays_id, sum(units) AS units
    FROM stock_batch JOIN staying ON batch_id = id GROUP BY stays_id""",
    'DELETE FROM batch_movement',
    """INSERT INTO batch_movement (stock_movement_id, stock_batch_id, units)
    SELECT stock_movement_id, stays_id, units FROM moved_together""",
    'DELETE FROM stock_batch WHERE id NOT IN (SELECT stays_id FROM staying)',
    'UPDATE stock_batch SET units = (SELECT units FROM lying_together WHERE stays_id = stock_batch.id)',
    "UPDATE stock_movement SET kind = 'stock_take' WHERE kind = 'transfer_difference'",
    "DELETE FROM movement_books WHERE stock_movement_id IN (SELECT id FROM stock_movement WHERE units = 0)",
    "DELETE FROM stock_movement WHERE units = 0",
    'DROP TABLE staying',
    'DROP TABLE moved_together',
    'DROP TABLE lying_together',
)


def _put_together() -> None:
    """Let all goods lie in one place again; moving them from one to another was then no movement."""
    for statement in _TOGETHER:
        op.execute(statement)
