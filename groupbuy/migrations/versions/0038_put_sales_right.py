"""Put right what went wrong after the sale

Revision ID: 0038
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0038'
down_revision = '0034'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('after_sale_case',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('order_id', _INTEGER, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('photos', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('goods', sa.String(), nullable=False),
    sa.Column('refund_fen', _INTEGER, nullable=False),
    sa.Column('asked_at', _MOMENT, nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('decided_at', _MOMENT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('answer', sa.String(), nullable=True),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.CheckConstraint("kind IN ('refund', 'replacement', 'exchange', 'complaint')", name=op.f('ck_after_sale_case_kind')),
    sa.CheckConstraint("state IN ('asked', 'approved', 'rejected', 'withdrawn', 'closed')", name=op.f('ck_after_sale_case_state')),
    sa.CheckConstraint("goods IN ('kept', 'returned', 'written_off')", name=op.f('ck_after_sale_case_goods')),
    sa.CheckConstraint('refund_fen >= 0', name=op.f('ck_after_sale_case_refund')),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_after_sale_case_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_after_sale_case')),
    sa.UniqueConstraint('number', name=op.f('uq_after_sale_case_number')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_after_sale_case_submission_key'))
    )
    with op.batch_alter_table('after_sale_case', schema=None) as batch_op:
        batch_op.create_index('ix_after_sale_case_order', ['order_id', 'state'], unique=False)
        batch_op.create_index('ix_after_sale_case_state', ['state', 'id'], unique=False)

    op.create_table('supplier_claim',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('supplier_id', _INTEGER, nullable=False),
    sa.Column('product_id', _INTEGER, nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_supplier_claim_amount')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_supplier_claim_product_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_claim_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_claim')),
    sa.UniqueConstraint('cause', 'product_id', name=op.f('uq_supplier_claim_cause_product_id'))
    )
    with op.batch_alter_table('supplier_claim', schema=None) as batch_op:
        batch_op.create_index('ix_supplier_claim_supplier', ['supplier_id', 'at'], unique=False)

    op.create_table('after_sale_line',
    sa.Column('case_id', _INTEGER, nullable=False),
    sa.Column('order_line_id', _INTEGER, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.CheckConstraint('units > 0', name=op.f('ck_after_sale_line_units')),
    sa.ForeignKeyConstraint(['case_id'], ['after_sale_case.id'], name=op.f('fk_after_sale_line_case_id')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_after_sale_line_order_line_id')),
    sa.PrimaryKeyConstraint('case_id', 'order_line_id', name=op.f('pk_after_sale_line'))
    )
    with op.batch_alter_table('after_sale_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_after_sale_line_order_line_id'), ['order_line_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('after_sale_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_after_sale_line_order_line_id'))

    op.drop_table('after_sale_line')
    with op.batch_alter_table('supplier_claim', schema=None) as batch_op:
        batch_op.drop_index('ix_supplier_claim_supplier')

    op.drop_table('supplier_claim')
    with op.batch_alter_table('after_sale_case', schema=None) as batch_op:
        batch_op.drop_index('ix_after_sale_case_state')
        batch_op.drop_index('ix_after_sale_case_order')

    op.drop_table('after_sale_case')
