"""Name tolerances for lines

Revision ID: 0160
Revises: 0170
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0160'
down_revision = '0170'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column('order_line_id', _INTEGER, autoincrement=False, nullable=False),
        sa.Column('units', _INTEGER, nullable=False),
        sa.Column('given', _INTEGER, server_default='0', nullable=False),
        sa.Column('at', _MOMENT, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        'line_tolerance',
        *_columns(),
        sa.CheckConstraint('units > 0 AND given >= 0 AND given <= units', name=op.f('ck_line_tolerance_units')),
        sa.ForeignKeyConstraint(
            ['order_line_id'], ['order_line.id'], name=op.f('fk_line_tolerance_order_line_id')
        ),
        sa.PrimaryKeyConstraint('order_line_id', name=op.f('pk_line_tolerance')),
    )
    op.create_table(
        'archived_line_tolerance',
        *_columns(),
        sa.PrimaryKeyConstraint('order_line_id', name=op.f('pk_archived_line_tolerance')),
    )


def downgrade() -> None:
    op.drop_table('archived_line_tolerance')
    op.drop_table('line_tolerance')
