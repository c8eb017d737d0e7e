"""Keep the stock by batch; what lies there already has none

Revision ID: 0065
Revises: 0080
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = '0065'
down_revision = '0080'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_NEVER = sa.literal(date(9999, 12, 31), sa.Date())

_level = sa.table('stock_level', sa.column('product_id'), sa.column('units'))
_movement = sa.table('stock_movement', sa.column('id'), sa.column('product_id'), sa.column('units'))
_receipt_line = sa.table(
    'goods_receipt_line',
    sa.column('purchase_order_line_id'),
    sa.column('batch', sa.String()),
    sa.column('best_before', sa.Date()),
)
_order_line = sa.table('purchase_order_line', sa.column('id'), sa.column('product_id'))
_batch = sa.table(
    'stock_batch',
    sa.column('id'),
    sa.column('product_id'),
    sa.column('number', sa.String()),
    sa.column('best_before', sa.Date()),
    sa.column('units'),
)
_batch_movement = sa.table(
    'batch_movement', sa.column('stock_movement_id'), sa.column('stock_batch_id'), sa.column('units')
)
_KEY = ['product_id', 'number', 'best_before', 'units']


def upgrade() -> None:
    op.create_table('stock_batch',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('product_id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('best_before', sa.Date(), nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.CheckConstraint('units >= 0', name=op.f('ck_stock_batch_units')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_stock_batch_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_batch')),
    sa.UniqueConstraint(
        'product_id', 'number', 'best_before', name=op.f('uq_stock_batch_product_id_number_best_before')
    )
    )
    op.create_index('ix_stock_batch_best_before', 'stock_batch', ['best_before'])
    op.create_table('batch_movement',
    sa.Column('stock_movement_id', _INTEGER, nullable=False),
    sa.Column('stock_batch_id', _INTEGER, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.CheckConstraint('units != 0', name=op.f('ck_batch_movement_units')),
    sa.ForeignKeyConstraint(
        ['stock_batch_id'], ['stock_batch.id'], name=op.f('fk_batch_movement_stock_batch_id')
    ),
    sa.ForeignKeyConstraint(
        ['stock_movement_id'], ['stock_movement.id'], name=op.f('fk_batch_movement_stock_movement_id')
    ),
    sa.PrimaryKeyConstraint('stock_movement_id', 'stock_batch_id', name=op.f('pk_batch_movement'))
    )
    op.create_index('ix_batch_movement_batch', 'batch_movement', ['stock_batch_id'])
    _fill()


def _fill() -> None:
    """Give every movement so far the batch without a number, and know the batches that have come."""
    lying = sa.select(_level.c.product_id, sa.literal('', sa.String()), _NEVER, _level.c.units)
    op.execute(sa.insert(_batch).from_select(_KEY, lying))
    number = sa.func.coalesce(_receipt_line.c.batch, '')
    day = sa.func.coalesce(_receipt_line.c.best_before, _NEVER)
    known = sa.select(_batch.c.id).where(
        _batch.c.product_id == _order_line.c.product_id, _batch.c.number == number, _batch.c.best_before == day
    )
    came = (
        sa.select(_order_line.c.product_id, number, day, sa.literal(0, _INTEGER))
        .join_from(_receipt_line, _order_line, _order_line.c.id == _receipt_line.c.purchase_order_line_id)
        .where(~known.exists())
        .distinct()
    )
    op.execute(sa.insert(_batch).from_select(_KEY, came))
    moved = sa.select(_movement.c.id, _batch.c.id, _movement.c.units).join_from(
        _movement,
        _batch,
        sa.and_(
            _batch.c.product_id == _movement.c.product_id,
            _batch.c.number == '',
            _batch.c.best_before == _NEVER,
        ),
    )
    op.execute(
        sa.insert(_batch_movement).from_select(['stock_movement_id', 'stock_batch_id', 'units'], moved)
    )


def downgrade() -> None:
    op.drop_table('batch_movement')
    op.drop_table('stock_batch')
