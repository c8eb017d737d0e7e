"""Amend purchase orders that have left

Revision ID: 0031
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0031'
down_revision = '0025'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('purchase_amendment',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('purchase_order_id', _INTEGER, nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('told_at', _MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['purchase_order_id'], ['purchase_order.id'], name=op.f('fk_purchase_amendment_purchase_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_purchase_amendment')),
    sa.UniqueConstraint('number', name=op.f('uq_purchase_amendment_number'))
    )
    with op.batch_alter_table('purchase_amendment', schema=None) as batch_op:
        batch_op.create_index('ix_purchase_amendment_order', ['purchase_order_id'], unique=False)
    op.create_table('purchase_amendment_line',
    sa.Column('amendment_id', _INTEGER, nullable=False),
    sa.Column('purchase_order_line_id', _INTEGER, nullable=False),
    sa.Column('former', _INTEGER, nullable=False),
    sa.Column('purchased', _INTEGER, nullable=False),
    sa.CheckConstraint('former != purchased', name=op.f('ck_purchase_amendment_line_changed')),
    sa.ForeignKeyConstraint(['amendment_id'], ['purchase_amendment.id'], name=op.f('fk_purchase_amendment_line_amendment_id')),
    sa.ForeignKeyConstraint(['purchase_order_line_id'], ['purchase_order_line.id'], name=op.f('fk_purchase_amendment_line_purchase_order_line_id')),
    sa.PrimaryKeyConstraint('amendment_id', 'purchase_order_line_id', name=op.f('pk_purchase_amendment_line'))
    )


def downgrade() -> None:
    op.drop_table('purchase_amendment_line')
    with op.batch_alter_table('purchase_amendment', schema=None) as batch_op:
        batch_op.drop_index('ix_purchase_amendment_order')
    op.drop_table('purchase_amendment')
