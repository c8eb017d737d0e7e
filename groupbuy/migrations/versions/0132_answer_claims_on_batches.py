"""Let suppliers answer claims on batches

Revision ID: 0132
Revises: 0140
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0132'
down_revision = '0140'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_FORMER = "state IN ('asking', 'with_supplier', 'accepted', 'refused', 'unfounded')"
_STATES = "state IN ('asking', 'with_supplier', 'accepted', 'part_accepted', 'refused', 'unfounded')"


def upgrade() -> None:
    with op.batch_alter_table('lot_claim', schema=None) as batch_op:
        batch_op.add_column(sa.Column('answer_by', _MOMENT, nullable=True))
        batch_op.add_column(sa.Column('supplier_answered_at', _MOMENT, nullable=True))
        batch_op.add_column(sa.Column('supplier_answered_by', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('supplier_words', sa.String(), nullable=True))
        batch_op.drop_constraint(batch_op.f('ck_lot_claim_state'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_lot_claim_state'), _STATES)
        batch_op.create_index('ix_lot_claim_supplier', ['supplier_id'])
    with op.batch_alter_table('lot_reply', schema=None) as batch_op:
        batch_op.add_column(sa.Column('taken_units', _INTEGER, nullable=True))
        batch_op.create_check_constraint(
            batch_op.f('ck_lot_reply_taken'), 'taken_units >= 0 AND taken_units <= bad_units'
        )


def downgrade() -> None:
    with op.batch_alter_table('lot_reply', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_lot_reply_taken'), type_='check')
        batch_op.drop_column('taken_units')
    # The state of before that tells the buyers the most of what they got.
    op.execute("UPDATE lot_claim SET state = 'accepted' WHERE state = 'part_accepted'")
    with op.batch_alter_table('lot_claim', schema=None) as batch_op:
        batch_op.drop_index('ix_lot_claim_supplier')
        batch_op.drop_constraint(batch_op.f('ck_lot_claim_state'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_lot_claim_state'), _FORMER)
        for column in ('supplier_words', 'supplier_answered_by', 'supplier_answered_at', 'answer_by'):
            batch_op.drop_column(column)
