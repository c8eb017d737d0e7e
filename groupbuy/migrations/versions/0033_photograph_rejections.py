"""Photograph what is rejected

Revision ID: 0033
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0033'
down_revision = '0037'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('rejection_photo',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('goods_receipt_id', _INTEGER, nullable=False),
    sa.Column('path', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['goods_receipt_id'], ['goods_receipt.id'], name=op.f('fk_rejection_photo_goods_receipt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rejection_photo'))
    )
    with op.batch_alter_table('rejection_photo', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rejection_photo_goods_receipt_id'), ['goods_receipt_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('rejection_photo', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rejection_photo_goods_receipt_id'))
    op.drop_table('rejection_photo')
