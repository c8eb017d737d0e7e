"""Seal the books: a chain of hashes over the postings

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0046'
down_revision = '0045'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('posting_seal',
    sa.Column('number', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('postings', _INTEGER, nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('sealed_at', _MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_posting_seal'))
    )
    # A column that may be empty is added in place: a table of millions of postings is not copied.
    op.add_column('posting', sa.Column('seal_number', _INTEGER, nullable=True))
    op.create_index(
        'ix_posting_unsealed', 'posting', ['id'], unique=False,
        postgresql_where=sa.text('seal_number IS NULL'), sqlite_where=sa.text('seal_number IS NULL'),
    )


def downgrade() -> None:
    op.drop_index('ix_posting_unsealed', table_name='posting')
    op.drop_column('posting', 'seal_number')
    op.drop_table('posting_seal')
