"""Name further suppliers of a product

Revision ID: 0124
Revises: 0128
"""

import sqlalchemy as sa
from alembic import op

revision = '0124'
down_revision = '0128'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('product_sourcing',
    sa.Column('product_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('split_by', sa.String(), nullable=False),
    sa.Column('daily_limit', _INTEGER, nullable=True),
    sa.CheckConstraint('daily_limit >= 0', name=op.f('ck_product_sourcing_daily_limit')),
    sa.CheckConstraint("split_by IN ('share', 'price')", name=op.f('ck_product_sourcing_split_by')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_sourcing_product_id')),
    sa.PrimaryKeyConstraint('product_id', name=op.f('pk_product_sourcing'))
    )
    op.create_table('product_source',
    sa.Column('product_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('supplier_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('cost_fen', _INTEGER, nullable=False),
    sa.Column('case_size', _INTEGER, nullable=False),
    sa.Column('share_bp', _INTEGER, nullable=False),
    sa.Column('daily_limit', _INTEGER, nullable=True),
    sa.CheckConstraint('case_size > 0', name=op.f('ck_product_source_case_size')),
    sa.CheckConstraint('cost_fen >= 0', name=op.f('ck_product_source_cost')),
    sa.CheckConstraint('daily_limit >= 0', name=op.f('ck_product_source_daily_limit')),
    sa.CheckConstraint('share_bp BETWEEN 0 AND 10000', name=op.f('ck_product_source_share')),
    sa.ForeignKeyConstraint(['product_id'], ['product_sourcing.product_id'], name=op.f('fk_product_source_product_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_product_source_supplier_id')),
    sa.PrimaryKeyConstraint('product_id', 'supplier_id', name=op.f('pk_product_source'))
    )
    with op.batch_alter_table('product_source', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_product_source_supplier_id'), ['supplier_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('product_source', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_product_source_supplier_id'))
    op.drop_table('product_source')
    op.drop_table('product_sourcing')
