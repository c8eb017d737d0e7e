"""Hand out a part of an order

Revision ID: 0035
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0035'
down_revision = '0030'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('line_pickup',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('order_line_id', _INTEGER, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint('units > 0', name=op.f('ck_line_pickup_units')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_line_pickup_order_line_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_line_pickup'))
    )
    with op.batch_alter_table('line_pickup', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_line_pickup_order_line_id'), ['order_line_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('line_pickup', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_line_pickup_order_line_id'))

    op.drop_table('line_pickup')
