"""Settle with suppliers: payables, invoices, statements, payments, the value of stock

Revision ID: 0045
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0045'
down_revision = '0040'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('supplier_adjustment',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('supplier_id', _INTEGER, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint("kind IN ('claim', 'deduction', 'rebate', 'price')", name=op.f('ck_supplier_adjustment_kind')),
    sa.CheckConstraint('amount_fen <> 0', name=op.f('ck_supplier_adjustment_amount')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_adjustment_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_adjustment')),
    sa.UniqueConstraint('cause', name=op.f('uq_supplier_adjustment_cause'))
    )
    with op.batch_alter_table('supplier_adjustment', schema=None) as batch_op:
        batch_op.create_index('ix_supplier_adjustment_supplier', ['supplier_id'], unique=False)

    op.create_table('supplier_settlement',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('supplier_id', _INTEGER, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('until', _MOMENT, nullable=False),
    sa.Column('due_date', sa.Date(), nullable=False),
    sa.Column('bought_fen', _INTEGER, nullable=False),
    sa.Column('adjusted_fen', _INTEGER, nullable=False),
    sa.Column('total_fen', _INTEGER, nullable=False),
    sa.Column('paid_fen', _INTEGER, nullable=False),
    sa.Column('made_at', _MOMENT, nullable=False),
    sa.Column('made_by', sa.String(), nullable=False),
    sa.Column('approved_at', _MOMENT, nullable=True),
    sa.Column('approved_by', sa.String(), nullable=True),
    sa.Column('answer', sa.String(), nullable=True),
    sa.Column('answer_words', sa.String(), nullable=True),
    sa.Column('answered_at', _MOMENT, nullable=True),
    sa.CheckConstraint("state IN ('made', 'approved', 'cancelled')", name=op.f('ck_supplier_settlement_state')),
    sa.CheckConstraint('paid_fen >= 0 AND paid_fen <= total_fen', name=op.f('ck_supplier_settlement_paid')),
    sa.CheckConstraint('total_fen = bought_fen + adjusted_fen', name=op.f('ck_supplier_settlement_total')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_settlement_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_settlement')),
    sa.UniqueConstraint('number', name=op.f('uq_supplier_settlement_number'))
    )
    with op.batch_alter_table('supplier_settlement', schema=None) as batch_op:
        batch_op.create_index('ix_supplier_settlement_supplier', ['supplier_id', 'until'], unique=False)

    op.create_table('supplier_terms',
    sa.Column('supplier_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('cycle', sa.String(), nullable=False),
    sa.Column('due_days', _INTEGER, nullable=False),
    sa.Column('rebates', sa.JSON(), nullable=False),
    sa.CheckConstraint("cycle IN ('week', 'half_month', 'month')", name=op.f('ck_supplier_terms_cycle')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_terms_supplier_id')),
    sa.PrimaryKeyConstraint('supplier_id', name=op.f('pk_supplier_terms'))
    )
    op.create_table('settlement_posting',
    sa.Column('posting_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('settlement_id', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['posting_id'], ['posting.id'], name=op.f('fk_settlement_posting_posting_id')),
    sa.ForeignKeyConstraint(['settlement_id'], ['supplier_settlement.id'], name=op.f('fk_settlement_posting_settlement_id')),
    sa.PrimaryKeyConstraint('posting_id', name=op.f('pk_settlement_posting'))
    )
    with op.batch_alter_table('settlement_posting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_settlement_posting_settlement_id'), ['settlement_id'], unique=False)

    op.create_table('stock_value',
    sa.Column('product_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('value_fen', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_stock_value_product_id')),
    sa.PrimaryKeyConstraint('product_id', name=op.f('pk_stock_value'))
    )
    op.create_table('supplier_invoice',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('supplier_id', _INTEGER, nullable=False),
    sa.Column('purchase_order_id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('dated', sa.Date(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('tax_fen', _INTEGER, nullable=False),
    sa.Column('entered_at', _MOMENT, nullable=False),
    sa.Column('entered_by', sa.String(), nullable=False),
    sa.CheckConstraint("state IN ('entered', 'cancelled')", name=op.f('ck_supplier_invoice_state')),
    sa.CheckConstraint('amount_fen >= 0 AND tax_fen >= 0 AND tax_fen <= amount_fen', name=op.f('ck_supplier_invoice_amounts')),
    sa.ForeignKeyConstraint(['purchase_order_id'], ['purchase_order.id'], name=op.f('fk_supplier_invoice_purchase_order_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_invoice_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_invoice')),
    sa.UniqueConstraint('supplier_id', 'number', name=op.f('uq_supplier_invoice_supplier_id_number'))
    )
    with op.batch_alter_table('supplier_invoice', schema=None) as batch_op:
        batch_op.create_index('ix_supplier_invoice_purchase_order', ['purchase_order_id'], unique=False)

    op.create_table('supplier_payment',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('settlement_id', _INTEGER, nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('proof', sa.String(), nullable=False),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_supplier_payment_amount')),
    sa.ForeignKeyConstraint(['settlement_id'], ['supplier_settlement.id'], name=op.f('fk_supplier_payment_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_payment')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_supplier_payment_submission_key'))
    )
    with op.batch_alter_table('supplier_payment', schema=None) as batch_op:
        batch_op.create_index('ix_supplier_payment_settlement', ['settlement_id'], unique=False)

    op.create_table('movement_books',
    sa.Column('stock_movement_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('value_fen', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['stock_movement_id'], ['stock_movement.id'], name=op.f('fk_movement_books_stock_movement_id')),
    sa.PrimaryKeyConstraint('stock_movement_id', name=op.f('pk_movement_books'))
    )
    op.create_table('receipt_books',
    sa.Column('goods_receipt_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('payable_fen', _INTEGER, nullable=False),
    sa.Column('version', _INTEGER, nullable=False),
    sa.ForeignKeyConstraint(['goods_receipt_id'], ['goods_receipt.id'], name=op.f('fk_receipt_books_goods_receipt_id')),
    sa.PrimaryKeyConstraint('goods_receipt_id', name=op.f('pk_receipt_books'))
    )
    op.create_table('invoice_decision',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('purchase_order_line_id', _INTEGER, nullable=False),
    sa.Column('excess_units', _INTEGER, nullable=False),
    sa.Column('price_fen', _INTEGER, nullable=False),
    sa.Column('how', sa.String(), nullable=False),
    sa.Column('adjusted_fen', _INTEGER, nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint("how IN ('as_agreed', 'as_invoiced')", name=op.f('ck_invoice_decision_how')),
    sa.ForeignKeyConstraint(['purchase_order_line_id'], ['purchase_order_line.id'], name=op.f('fk_invoice_decision_purchase_order_line_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_decision'))
    )
    with op.batch_alter_table('invoice_decision', schema=None) as batch_op:
        batch_op.create_index('ix_invoice_decision_line', ['purchase_order_line_id'], unique=False)

    op.create_table('supplier_invoice_line',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('supplier_invoice_id', _INTEGER, nullable=False),
    sa.Column('purchase_order_line_id', _INTEGER, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.CheckConstraint('units > 0 AND amount_fen >= 0', name=op.f('ck_supplier_invoice_line_amounts')),
    sa.ForeignKeyConstraint(['purchase_order_line_id'], ['purchase_order_line.id'], name=op.f('fk_supplier_invoice_line_purchase_order_line_id')),
    sa.ForeignKeyConstraint(['supplier_invoice_id'], ['supplier_invoice.id'], name=op.f('fk_supplier_invoice_line_supplier_invoice_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_invoice_line')),
    sa.UniqueConstraint('supplier_invoice_id', 'purchase_order_line_id', name=op.f('uq_supplier_invoice_line_supplier_invoice_id_purchase_order_line_id'))
    )
    with op.batch_alter_table('supplier_invoice_line', schema=None) as batch_op:
        batch_op.create_index('ix_supplier_invoice_line_order_line', ['purchase_order_line_id'], unique=False)


def downgrade() -> None:
    for table in ('supplier_invoice_line', 'invoice_decision', 'receipt_books', 'movement_books', 'supplier_payment', 'supplier_invoice', 'stock_value', 'settlement_posting', 'supplier_terms', 'supplier_settlement', 'supplier_adjustment'):
        op.drop_table(table)
