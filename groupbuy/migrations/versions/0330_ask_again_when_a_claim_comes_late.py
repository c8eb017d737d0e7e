"""Bring a difference back when a claim is booked after it was paid as invoiced

Revision ID: 0330
Revises: 0270
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0330'
down_revision = '0270'
branch_labels = None
depends_on = None

_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    # Without a moment, decisions made before are left in peace.
    op.add_column('invoice_decision', sa.Column('claims_until', _MOMENT, nullable=True))
    op.add_column(
        'invoice_decision_claim',
        sa.Column('net', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    )


def downgrade() -> None:
    op.execute('DELETE FROM invoice_decision_claim WHERE NOT net')
    op.drop_column('invoice_decision_claim', 'net')
    op.drop_column('invoice_decision', 'claims_until')
