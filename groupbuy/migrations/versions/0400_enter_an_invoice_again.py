"""Let the number of a supplier's invoice that was taken back be entered again

Revision ID: 0400
Revises: 0310
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.naming import conv

revision = '0400'
down_revision = '0310'
branch_labels = None
depends_on = None

_FORMER = conv('uq_supplier_invoice_supplier_id_number')
_ENTERED = sa.text("state = 'entered'")


def upgrade() -> None:
    with op.batch_alter_table('supplier_invoice', schema=None) as batch_op:
        batch_op.drop_constraint(_FORMER, type_='unique')
        batch_op.create_index(
            'uq_supplier_invoice_entered',
            ['supplier_id', 'number'],
            unique=True,
            postgresql_where=_ENTERED,
            sqlite_where=_ENTERED,
        )


def downgrade() -> None:
    # The one that holds keeps the number as it stands on the paper.
    op.execute("UPDATE supplier_invoice SET number = number || ' #' || id WHERE state = 'cancelled'")
    with op.batch_alter_table('supplier_invoice', schema=None) as batch_op:
        batch_op.drop_index('uq_supplier_invoice_entered')
        batch_op.create_unique_constraint(_FORMER, ['supplier_id', 'number'])
