"""Name substitutes for lines, and keep what came in the place of what

Revision ID: 0061
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0061'
down_revision = '0060'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('line_substitute',
    sa.Column('order_line_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('offer_id', _INTEGER, nullable=True),
    sa.Column('at', _MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_line_substitute_offer_id')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_line_substitute_order_line_id')),
    sa.PrimaryKeyConstraint('order_line_id', name=op.f('pk_line_substitute'))
    )
    op.create_table('substitution',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('from_line_id', _INTEGER, nullable=False),
    sa.Column('to_line_id', _INTEGER, nullable=False),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('own', sa.Boolean(), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.CheckConstraint('units > 0 AND amount_fen >= 0', name=op.f('ck_substitution_units')),
    sa.ForeignKeyConstraint(['from_line_id'], ['order_line.id'], name=op.f('fk_substitution_from_line_id')),
    sa.ForeignKeyConstraint(['to_line_id'], ['order_line.id'], name=op.f('fk_substitution_to_line_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_substitution')),
    sa.UniqueConstraint('from_line_id', 'to_line_id', 'cause', name=op.f('uq_substitution_from_line_id'))
    )
    with op.batch_alter_table('substitution', schema=None) as batch_op:
        batch_op.create_index('ix_substitution_to_line', ['to_line_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('substitution', schema=None) as batch_op:
        batch_op.drop_index('ix_substitution_to_line')
    op.drop_table('substitution')
    op.drop_table('line_substitute')
