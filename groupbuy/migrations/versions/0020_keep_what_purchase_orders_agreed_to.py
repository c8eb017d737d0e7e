"""Keep the place of delivery and the terms that a purchase order was made with

Revision ID: 0020
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('purchase_order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('deliver_to', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('terms', sa.String(), nullable=True))
    # What an order was made with is not known any more; what is in force now is what was printed so far.
    op.execute(
        "UPDATE purchase_order SET"
        " deliver_to = (SELECT NULLIF(address, '') FROM delivery_place WHERE id = 1),"
        " terms = (SELECT NULLIF(supplier.terms, '') FROM supplier WHERE supplier.id = purchase_order.supplier_id)"
    )


def downgrade() -> None:
    with op.batch_alter_table('purchase_order', schema=None) as batch_op:
        batch_op.drop_column('terms')
        batch_op.drop_column('deliver_to')
