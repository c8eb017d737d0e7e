"""Take goods back into stock after the sale

Revision ID: 0098
Revises: 0097
"""

import sqlalchemy as sa
from alembic import op

revision = '0098'
down_revision = '0097'
branch_labels = None
depends_on = None

_FORMER = "kind IN ('receipt_surplus', 'allocated', 'stock_take', 'write_off', 'supplier_return')"
_NOW = "kind IN ('receipt_surplus', 'allocated', 'stock_take', 'write_off', 'supplier_return', 'customer_return')"
_movement = sa.table('stock_movement', sa.column('kind', sa.String()))


def upgrade() -> None:
    _bound(_NOW)


def downgrade() -> None:
    # What came back lies there all the same: without its own kind it is a difference that was counted.
    returned = _movement.c.kind == 'customer_return'
    op.execute(sa.update(_movement).where(returned).values(kind='stock_take'))
    _bound(_FORMER)


def _bound(kinds: str) -> None:
    with op.batch_alter_table('stock_movement', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_stock_movement_kind'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_stock_movement_kind'), kinds)
