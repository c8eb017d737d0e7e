"""Weigh goods and settle lines on their weight

Revision ID: 0060
Revises: 0082
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0060'
down_revision = '0082'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_WEIGHT = (
    "(est_grams IS NULL AND price_basis_g IS NULL AND basis_price_fen IS NULL)"
    " OR (est_grams > 0 AND price_basis_g > 0 AND basis_price_fen >= 0)"
)


def upgrade() -> None:
    with op.batch_alter_table('offer_version', schema=None) as batch_op:
        batch_op.add_column(sa.Column('basis_price_fen', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('price_basis_g', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('est_grams', _INTEGER, nullable=True))
        batch_op.create_check_constraint(batch_op.f('ck_offer_version_weight'), _WEIGHT)
    with op.batch_alter_table('order_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('actual_grams', _INTEGER, nullable=True))
        batch_op.drop_constraint(batch_op.f('ck_order_line_amount'), type_='check')
        batch_op.create_check_constraint(
            batch_op.f('ck_order_line_amount'),
            'amount_fen = quantity * price_fen OR (actual_grams IS NOT NULL AND amount_fen >= 0)',
        )
        batch_op.create_check_constraint(batch_op.f('ck_order_line_actual_grams'), 'actual_grams > 0')
    with op.batch_alter_table('line_change', schema=None) as batch_op:
        for name in ('kind', 'units', 'amount'):
            batch_op.drop_constraint(batch_op.f(f'ck_line_change_{name}'), type_='check')
        batch_op.create_check_constraint(
            batch_op.f('ck_line_change_kind'), "kind IN ('shortage', 'refund', 'substitute', 'weight')"
        )
        batch_op.create_check_constraint(
            batch_op.f('ck_line_change_units'),
            "(kind = 'weight' AND units = 0) OR (kind = 'substitute' AND units < 0)"
            " OR (kind IN ('shortage', 'refund') AND units > 0)",
        )
        batch_op.create_check_constraint(
            batch_op.f('ck_line_change_amount'),
            "kind = 'weight' OR (kind = 'substitute' AND amount_fen <= 0)"
            " OR (kind IN ('shortage', 'refund') AND amount_fen >= 0)",
        )
    op.create_table('weight_settlement',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('round_id', _INTEGER, nullable=False),
    sa.Column('lines', _INTEGER, nullable=False),
    sa.Column('more_fen', _INTEGER, nullable=False),
    sa.Column('less_fen', _INTEGER, nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.CheckConstraint('more_fen >= 0 AND less_fen >= 0', name=op.f('ck_weight_settlement_amounts')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_weight_settlement_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_weight_settlement'))
    )
    with op.batch_alter_table('weight_settlement', schema=None) as batch_op:
        batch_op.create_index('ix_weight_settlement_round', ['round_id'], unique=False)
    op.create_table('line_weight',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('order_line_id', _INTEGER, nullable=False),
    sa.Column('number', _INTEGER, nullable=False),
    sa.Column('quantity', _INTEGER, nullable=False),
    sa.Column('grams', _INTEGER, nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('settlement_id', _INTEGER, nullable=True),
    sa.CheckConstraint('grams > 0 AND quantity > 0 AND number > 0', name=op.f('ck_line_weight_weight')),
    sa.CheckConstraint("source IN ('typed', 'scale', 'file')", name=op.f('ck_line_weight_source')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_line_weight_order_line_id')),
    sa.ForeignKeyConstraint(['settlement_id'], ['weight_settlement.id'], name=op.f('fk_line_weight_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_line_weight')),
    sa.UniqueConstraint('order_line_id', 'number', name=op.f('uq_line_weight_order_line_id'))
    )
    with op.batch_alter_table('line_weight', schema=None) as batch_op:
        batch_op.create_index('ix_line_weight_settlement', ['settlement_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('line_weight', schema=None) as batch_op:
        batch_op.drop_index('ix_line_weight_settlement')
    op.drop_table('line_weight')
    with op.batch_alter_table('weight_settlement', schema=None) as batch_op:
        batch_op.drop_index('ix_weight_settlement_round')
    op.drop_table('weight_settlement')
    # An older version knows no prices by weight: settled lines go back to their estimate, with their orders.
    op.execute(
        'UPDATE "order" SET amount_fen = amount_fen + (SELECT SUM(quantity * price_fen - order_line.amount_fen)'
        ' FROM order_line WHERE order_id = "order".id)'
        ' WHERE id IN (SELECT order_id FROM order_line WHERE actual_grams IS NOT NULL)'
        " AND state != 'cancelled'"
    )
    op.execute('UPDATE order_line SET amount_fen = quantity * price_fen WHERE actual_grams IS NOT NULL')
    op.execute("DELETE FROM line_change WHERE kind IN ('weight', 'substitute')")
    with op.batch_alter_table('line_change', schema=None) as batch_op:
        for name in ('kind', 'units', 'amount'):
            batch_op.drop_constraint(batch_op.f(f'ck_line_change_{name}'), type_='check')
        batch_op.create_check_constraint(
            batch_op.f('ck_line_change_kind'), "kind IN ('shortage', 'refund', 'substitute')"
        )
        batch_op.create_check_constraint(batch_op.f('ck_line_change_units'), 'units > 0')
        batch_op.create_check_constraint(batch_op.f('ck_line_change_amount'), 'amount_fen >= 0')
    with op.batch_alter_table('order_line', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_order_line_actual_grams'), type_='check')
        batch_op.drop_constraint(batch_op.f('ck_order_line_amount'), type_='check')
        batch_op.create_check_constraint(
            batch_op.f('ck_order_line_amount'), 'amount_fen = quantity * price_fen'
        )
        batch_op.drop_column('actual_grams')
    with op.batch_alter_table('offer_version', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_offer_version_weight'), type_='check')
        batch_op.drop_column('est_grams')
        batch_op.drop_column('price_basis_g')
        batch_op.drop_column('basis_price_fen')
