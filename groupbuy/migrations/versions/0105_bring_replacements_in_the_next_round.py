"""Bring replacements in the next round

Revision ID: 0105
Revises: 0098
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0105'
down_revision = '0098'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_TABLE = 'after_sale_replacement'


def upgrade() -> None:
    op.create_table(_TABLE,
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('case_id', _INTEGER, nullable=False),
    sa.Column('order_line_id', _INTEGER, nullable=False),
    sa.Column('product_id', _INTEGER, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('order_id', _INTEGER, nullable=True),
    sa.Column('promised_at', _MOMENT, nullable=False),
    sa.CheckConstraint('units > 0', name=op.f('ck_after_sale_replacement_units')),
    sa.CheckConstraint("state IN ('waiting', 'placed', 'handed_out', 'refunded')", name=op.f('ck_after_sale_replacement_state')),
    sa.CheckConstraint("state <> 'placed' OR order_id IS NOT NULL", name=op.f('ck_after_sale_replacement_order')),
    sa.ForeignKeyConstraint(['case_id'], ['after_sale_case.id'], name=op.f('fk_after_sale_replacement_case_id_after_sale_case')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_after_sale_replacement_order_line_id_order_line')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_after_sale_replacement_product_id_product')),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_after_sale_replacement_order_id_order')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_after_sale_replacement'))
    )
    op.create_index('ix_after_sale_replacement_state', _TABLE, ['state', 'id'])
    op.create_index('ix_after_sale_replacement_case', _TABLE, ['case_id'])
    op.create_index('ix_after_sale_replacement_line', _TABLE, ['order_line_id'])
    op.create_index('ix_after_sale_replacement_order', _TABLE, ['order_id'])


def downgrade() -> None:
    op.drop_table(_TABLE)
