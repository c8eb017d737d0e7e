"""Tell missing goods that never came from those lost on their way

Revision ID: 0185
Revises: 0171
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.naming import conv

revision = '0185'
down_revision = '0171'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_CHECK = conv('ck_delivery_discrepancy_never_came')
# Until now what was refunded before a shortage was shared out counted as a part of it. Charges of the
# past stay as they are: they have been settled with whoever paid.
_SHARED_OUT = (
    "SELECT min(c.id) FROM line_change c JOIN order_line l ON l.id = c.order_line_id"
    " WHERE l.offer_id = delivery_discrepancy.offer_id AND c.kind = 'shortage' AND c.cause LIKE 'allocation:%'"
)
_BEFORE = (
    'UPDATE delivery_discrepancy SET never_came = sent - got'
    " WHERE decision = 'refund' AND EXISTS (SELECT 1 FROM line_change m"
    " WHERE m.cause = 'leader_receipt:' || delivery_discrepancy.id"
    f" AND m.id < ({_SHARED_OUT}))"
)


def upgrade() -> None:
    with op.batch_alter_table('delivery_discrepancy', schema=None) as batch_op:
        batch_op.add_column(sa.Column('never_came', _INTEGER, server_default='0', nullable=False))
        batch_op.create_check_constraint(_CHECK, 'never_came >= 0 AND never_came <= abs(sent - got)')
    op.execute(_BEFORE)


def downgrade() -> None:
    with op.batch_alter_table('delivery_discrepancy', schema=None) as batch_op:
        batch_op.drop_constraint(_CHECK, type_='check')
        batch_op.drop_column('never_came')
