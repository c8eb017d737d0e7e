"""Name the claims that an invoice is net of

Revision ID: 0270
Revises: 0250
"""

import sqlalchemy as sa
from alembic import op

revision = '0270'
down_revision = '0250'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'invoice_decision_claim',
        sa.Column('invoice_decision_id', _INTEGER, autoincrement=False, nullable=False),
        sa.Column('supplier_adjustment_id', _INTEGER, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ['invoice_decision_id'],
            ['invoice_decision.id'],
            name=op.f('fk_invoice_decision_claim_invoice_decision_id'),
        ),
        sa.ForeignKeyConstraint(
            ['supplier_adjustment_id'],
            ['supplier_adjustment.id'],
            name=op.f('fk_invoice_decision_claim_supplier_adjustment_id'),
        ),
        sa.PrimaryKeyConstraint(
            'invoice_decision_id', 'supplier_adjustment_id', name=op.f('pk_invoice_decision_claim')
        ),
    )
    op.create_index(
        op.f('ix_invoice_decision_claim_supplier_adjustment_id'),
        'invoice_decision_claim',
        ['supplier_adjustment_id'],
    )


def downgrade() -> None:
    op.drop_table('invoice_decision_claim')
