"""Write off, return to suppliers, and warn of low stock

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('stock_issue',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('product_id', _INTEGER, nullable=False),
    sa.Column('supplier_id', _INTEGER, nullable=True),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('cost_fen', _INTEGER, nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint("kind IN ('write_off', 'supplier_return')", name=op.f('ck_stock_issue_kind')),
    sa.CheckConstraint('units > 0 AND cost_fen >= 0', name=op.f('ck_stock_issue_units')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_stock_issue_product_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_stock_issue_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_issue')),
    sa.UniqueConstraint('number', name=op.f('uq_stock_issue_number')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_stock_issue_submission_key'))
    )
    op.create_table('stock_alert',
    sa.Column('product_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('least', _INTEGER, nullable=False),
    sa.CheckConstraint('least > 0', name=op.f('ck_stock_alert_least')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_stock_alert_product_id')),
    sa.PrimaryKeyConstraint('product_id', name=op.f('pk_stock_alert'))
    )


def downgrade() -> None:
    op.drop_table('stock_alert')
    op.drop_table('stock_issue')
