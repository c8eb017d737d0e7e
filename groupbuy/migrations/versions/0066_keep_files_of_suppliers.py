"""Keep the licences of suppliers and where they are paid to

Revision ID: 0066
Revises: 0070
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0066'
down_revision = '0070'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('supplier_licence',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('supplier_id', _INTEGER, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('path', sa.String(), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('added_at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint(
        "kind IN ('business', 'food', 'production', 'other')", name=op.f('ck_supplier_licence_kind')
    ),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_licence_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_licence'))
    )
    op.create_index('ix_supplier_licence_supplier', 'supplier_licence', ['supplier_id'])
    op.create_table('supplier_bank',
    sa.Column('supplier_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('holder', sa.String(), nullable=False),
    sa.Column('bank', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_bank_supplier_id')),
    sa.PrimaryKeyConstraint('supplier_id', name=op.f('pk_supplier_bank'))
    )


def downgrade() -> None:
    op.drop_table('supplier_bank')
    op.drop_table('supplier_licence')
