"""Let purchase orders be approved first and confirmed by their suppliers

Revision ID: 0030
Revises: 0012b
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0030'
down_revision = '0012b'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('purchasing_dials',
    sa.Column('id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('approve_first', sa.Boolean(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_purchasing_dials_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_purchasing_dials'))
    )
    with op.batch_alter_table('supplier', schema=None) as batch_op:
        batch_op.add_column(sa.Column('minimum_policy', sa.String(), nullable=False, server_default='hold'))
        batch_op.create_check_constraint(
            batch_op.f('ck_supplier_minimum_policy'), "minimum_policy IN ('hold', 'cancel', 'extend', 'top_up')"
        )
    with op.batch_alter_table('purchase_order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('confirmed_at', _MOMENT, nullable=True))
        batch_op.add_column(sa.Column('promised_date', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('confirm_note', sa.String(), nullable=True))
    with op.batch_alter_table('purchase_order_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('confirmed', _INTEGER, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('purchase_order_line', schema=None) as batch_op:
        batch_op.drop_column('confirmed')
    with op.batch_alter_table('purchase_order', schema=None) as batch_op:
        batch_op.drop_column('confirm_note')
        batch_op.drop_column('promised_date')
        batch_op.drop_column('confirmed_at')
    with op.batch_alter_table('supplier', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_supplier_minimum_policy'), type_='check')
        batch_op.drop_column('minimum_policy')
    op.drop_table('purchasing_dials')
