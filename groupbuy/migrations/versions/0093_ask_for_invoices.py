"""Ask for invoices

Revision ID: 0093
Revises: 0076
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0093'
down_revision = '0076'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_LIVE = sa.text("state <> 'refused'")


def upgrade() -> None:
    op.create_table('invoice_request',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('order_id', _INTEGER, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('tax_number', sa.String(), nullable=True),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('asked_at', _MOMENT, nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('decided_at', _MOMENT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('invoice_number', sa.String(), nullable=True),
    sa.Column('amount_fen', _INTEGER, nullable=True),
    sa.CheckConstraint("state IN ('asked', 'issued', 'refused')", name=op.f('ck_invoice_request_state')),
    sa.CheckConstraint("(kind = 'company') = (tax_number IS NOT NULL)", name=op.f('ck_invoice_request_tax_number')),
    sa.CheckConstraint("kind IN ('person', 'company')", name=op.f('ck_invoice_request_kind')),
    sa.CheckConstraint(
        "(state = 'issued') = (amount_fen IS NOT NULL AND invoice_number IS NOT NULL)",
        name=op.f('ck_invoice_request_issued'),
    ),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_invoice_request_amount')),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_invoice_request_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_request')),
    sa.UniqueConstraint('invoice_number', name=op.f('uq_invoice_request_invoice_number'))
    )
    op.create_index(
        'uq_invoice_request_live', 'invoice_request', ['order_id'], unique=True,
        postgresql_where=_LIVE, sqlite_where=_LIVE,
    )
    op.create_index('ix_invoice_request_state', 'invoice_request', ['state', 'id'])
    op.create_table('invoice_file',
    sa.Column('request_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('mime_type', sa.String(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['invoice_request.id'], name=op.f('fk_invoice_file_request_id')),
    sa.PrimaryKeyConstraint('request_id', name=op.f('pk_invoice_file'))
    )


def downgrade() -> None:
    op.drop_table('invoice_file')
    op.drop_index('ix_invoice_request_state', table_name='invoice_request')
    op.drop_index('uq_invoice_request_live', table_name='invoice_request')
    op.drop_table('invoice_request')
