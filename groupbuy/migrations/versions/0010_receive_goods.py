"""Receive goods, allocate what is short, keep stock

Revision ID: 0010
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0010'
down_revision = '0005'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('shortage_allocation',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('round_id', _INTEGER, nullable=False),
    sa.Column('policy', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint("policy IN ('first_come', 'pro_rata', 'equal_per_leader', 'fair_by_money')", name=op.f('ck_shortage_allocation_policy')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_shortage_allocation_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shortage_allocation'))
    )
    with op.batch_alter_table('shortage_allocation', schema=None) as batch_op:
        batch_op.create_index('ix_shortage_allocation_round', ['round_id'], unique=False)

    op.create_table('goods_receipt',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('purchase_order_id', _INTEGER, nullable=False),
    sa.Column('received_at', _MOMENT, nullable=False),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.Column('made_by_id', _INTEGER, nullable=True),
    sa.ForeignKeyConstraint(['made_by_id'], ['account.id'], name=op.f('fk_goods_receipt_made_by_id')),
    sa.ForeignKeyConstraint(['purchase_order_id'], ['purchase_order.id'], name=op.f('fk_goods_receipt_purchase_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_goods_receipt')),
    sa.UniqueConstraint('number', name=op.f('uq_goods_receipt_number')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_goods_receipt_submission_key'))
    )
    with op.batch_alter_table('goods_receipt', schema=None) as batch_op:
        batch_op.create_index('ix_goods_receipt_purchase_order', ['purchase_order_id'], unique=False)

    op.create_table('stock_level',
    sa.Column('product_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.CheckConstraint('units >= 0', name=op.f('ck_stock_level_units')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_stock_level_product_id')),
    sa.PrimaryKeyConstraint('product_id', name=op.f('pk_stock_level'))
    )
    op.create_table('stock_movement',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('product_id', _INTEGER, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('cost_fen', _INTEGER, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('cause_kind', sa.String(), nullable=True),
    sa.Column('cause_id', _INTEGER, nullable=True),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint("kind IN ('receipt_surplus', 'allocated', 'stock_take', 'write_off', 'supplier_return')", name=op.f('ck_stock_movement_kind')),
    sa.CheckConstraint('cost_fen >= 0', name=op.f('ck_stock_movement_cost')),
    sa.CheckConstraint('units != 0', name=op.f('ck_stock_movement_units')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_stock_movement_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_movement')),
    sa.UniqueConstraint('product_id', 'kind', 'cause_kind', 'cause_id', name=op.f('uq_stock_movement_product_id_kind_cause_kind_cause_id'))
    )
    with op.batch_alter_table('stock_movement', schema=None) as batch_op:
        batch_op.create_index('ix_stock_movement_product', ['product_id', 'at'], unique=False)

    op.create_table('allocated_offer',
    sa.Column('offer_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('allocation_id', _INTEGER, nullable=False),
    sa.Column('wanted', _INTEGER, nullable=False),
    sa.Column('there', _INTEGER, nullable=False),
    sa.Column('lost', _INTEGER, nullable=False),
    sa.CheckConstraint('lost > 0 AND lost <= wanted', name=op.f('ck_allocated_offer_lost')),
    sa.ForeignKeyConstraint(['allocation_id'], ['shortage_allocation.id'], name=op.f('fk_allocated_offer_allocation_id')),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_allocated_offer_offer_id')),
    sa.PrimaryKeyConstraint('offer_id', name=op.f('pk_allocated_offer'))
    )
    with op.batch_alter_table('allocated_offer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_allocated_offer_allocation_id'), ['allocation_id'], unique=False)

    op.create_table('goods_receipt_line',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('goods_receipt_id', _INTEGER, nullable=False),
    sa.Column('purchase_order_line_id', _INTEGER, nullable=False),
    sa.Column('delivered', _INTEGER, nullable=False),
    sa.Column('rejected', _INTEGER, nullable=False),
    sa.Column('reject_reason', sa.String(), nullable=True),
    sa.Column('batch', sa.String(), nullable=True),
    sa.Column('best_before', sa.Date(), nullable=True),
    sa.CheckConstraint('rejected >= 0 AND rejected <= delivered', name=op.f('ck_goods_receipt_line_rejected')),
    sa.ForeignKeyConstraint(['goods_receipt_id'], ['goods_receipt.id'], name=op.f('fk_goods_receipt_line_goods_receipt_id')),
    sa.ForeignKeyConstraint(['purchase_order_line_id'], ['purchase_order_line.id'], name=op.f('fk_goods_receipt_line_purchase_order_line_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_goods_receipt_line'))
    )
    with op.batch_alter_table('goods_receipt_line', schema=None) as batch_op:
        batch_op.create_index('ix_goods_receipt_line_order_line', ['purchase_order_line_id'], unique=False)
        batch_op.create_index('ix_goods_receipt_line_receipt', ['goods_receipt_id'], unique=False)

    op.create_table('line_change',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('order_line_id', _INTEGER, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint("kind IN ('shortage', 'refund', 'substitute')", name=op.f('ck_line_change_kind')),
    sa.CheckConstraint('amount_fen >= 0', name=op.f('ck_line_change_amount')),
    sa.CheckConstraint('units > 0', name=op.f('ck_line_change_units')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_line_change_order_line_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_line_change')),
    sa.UniqueConstraint('order_line_id', 'kind', 'cause', name=op.f('uq_line_change_order_line_id_kind_cause'))
    )
    with op.batch_alter_table('line_change', schema=None) as batch_op:
        batch_op.create_index('ix_line_change_cause', ['cause'], unique=False)

    with op.batch_alter_table('product', schema=None) as batch_op:
        batch_op.add_column(sa.Column('keeps', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    # A line of which nothing came stays, with nothing to be delivered.
    with op.batch_alter_table('order_line', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_order_line_quantity'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_order_line_quantity'), 'quantity >= 0')


def downgrade() -> None:
    with op.batch_alter_table('order_line', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_order_line_quantity'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_order_line_quantity'), 'quantity > 0')
    with op.batch_alter_table('product', schema=None) as batch_op:
        batch_op.drop_column('keeps')

    with op.batch_alter_table('line_change', schema=None) as batch_op:
        batch_op.drop_index('ix_line_change_cause')

    op.drop_table('line_change')
    with op.batch_alter_table('goods_receipt_line', schema=None) as batch_op:
        batch_op.drop_index('ix_goods_receipt_line_receipt')
        batch_op.drop_index('ix_goods_receipt_line_order_line')

    op.drop_table('goods_receipt_line')
    with op.batch_alter_table('allocated_offer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_allocated_offer_allocation_id'))

    op.drop_table('allocated_offer')
    with op.batch_alter_table('stock_movement', schema=None) as batch_op:
        batch_op.drop_index('ix_stock_movement_product')

    op.drop_table('stock_movement')
    op.drop_table('stock_level')
    with op.batch_alter_table('goods_receipt', schema=None) as batch_op:
        batch_op.drop_index('ix_goods_receipt_purchase_order')

    op.drop_table('goods_receipt')
    with op.batch_alter_table('shortage_allocation', schema=None) as batch_op:
        batch_op.drop_index('ix_shortage_allocation_round')

    op.drop_table('shortage_allocation')