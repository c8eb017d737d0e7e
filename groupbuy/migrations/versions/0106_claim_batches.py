"""Claim batches

Revision ID: 0106
Revises: 0100
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0106'
down_revision = '0100'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('lot_claim',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('stock_batch_id', _INTEGER, nullable=False),
    sa.Column('supplier_id', _INTEGER, nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('until', _MOMENT, nullable=False),
    sa.Column('opened_at', _MOMENT, nullable=False),
    sa.Column('opened_by', sa.String(), nullable=False),
    sa.Column('decided_at', _MOMENT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('answer', sa.String(), nullable=True),
    sa.CheckConstraint("state IN ('asking', 'with_supplier', 'accepted', 'refused', 'unfounded')", name=op.f('ck_lot_claim_state')),
    sa.ForeignKeyConstraint(['stock_batch_id'], ['stock_batch.id'], name=op.f('fk_lot_claim_stock_batch_id_stock_batch')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_lot_claim_supplier_id_supplier')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot_claim')),
    sa.UniqueConstraint('number', name=op.f('uq_lot_claim_number')),
    sa.UniqueConstraint('stock_batch_id', name=op.f('uq_lot_claim_stock_batch_id'))
    )
    op.create_index('ix_lot_claim_state', 'lot_claim', ['state', 'until'])
    op.create_table('lot_reply',
    sa.Column('claim_id', _INTEGER, nullable=False),
    sa.Column('order_line_id', _INTEGER, nullable=False),
    sa.Column('resident_id', _INTEGER, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('bad_units', _INTEGER, nullable=True),
    sa.Column('answered_at', _MOMENT, nullable=True),
    sa.Column('credit_fen', _INTEGER, nullable=False),
    sa.Column('case_id', _INTEGER, nullable=True),
    sa.CheckConstraint('units > 0 AND bad_units >= 0 AND bad_units <= units', name=op.f('ck_lot_reply_units')),
    sa.CheckConstraint('credit_fen >= 0', name=op.f('ck_lot_reply_credit')),
    sa.ForeignKeyConstraint(['claim_id'], ['lot_claim.id'], name=op.f('fk_lot_reply_claim_id_lot_claim')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_lot_reply_order_line_id_order_line')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_lot_reply_resident_id_resident')),
    sa.ForeignKeyConstraint(['case_id'], ['after_sale_case.id'], name=op.f('fk_lot_reply_case_id_after_sale_case')),
    sa.PrimaryKeyConstraint('claim_id', 'order_line_id', name=op.f('pk_lot_reply')),
    sa.UniqueConstraint('case_id', name=op.f('uq_lot_reply_case_id'))
    )
    op.create_index('ix_lot_reply_resident', 'lot_reply', ['resident_id'])
    op.create_index('ix_lot_reply_line', 'lot_reply', ['order_line_id'])


def downgrade() -> None:
    op.drop_table('lot_reply')
    op.drop_table('lot_claim')
