"""Keep the files of red-letter invoices

Revision ID: 0195
Revises: 0186
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0195'
down_revision = '0186'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column('request_id', _INTEGER, autoincrement=False, nullable=False),
        sa.Column('mime_type', sa.String(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        'red_invoice_file',
        *_columns(),
        sa.ForeignKeyConstraint(
            ['request_id'], ['invoice_request.id'], name=op.f('fk_red_invoice_file_request_id')
        ),
        sa.PrimaryKeyConstraint('request_id', name=op.f('pk_red_invoice_file')),
    )
    op.create_table(
        'archived_red_invoice_file',
        *_columns(),
        sa.PrimaryKeyConstraint('request_id', name=op.f('pk_archived_red_invoice_file')),
    )


def downgrade() -> None:
    op.drop_table('archived_red_invoice_file')
    op.drop_table('red_invoice_file')
