"""Dispose of what nobody fetched, keep orders aside

Revision ID: 0128
Revises: 0136
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0128'
down_revision = '0136'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_NOT_PROPOSED = sa.text('proposed_at IS NULL')


def upgrade() -> None:
    with op.batch_alter_table('category', schema=None) as batch_op:
        batch_op.add_column(sa.Column('dispose_hours', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('dispose_refund', sa.Boolean(), server_default=sa.text('false'), nullable=False))
        batch_op.create_check_constraint(batch_op.f('ck_category_dispose_hours'), 'dispose_hours > 0')
    with op.batch_alter_table('pickup_follow_up', schema=None) as batch_op:
        batch_op.add_column(sa.Column('warned_at', _MOMENT, nullable=True))
    op.create_table('order_aside',
    sa.Column('order_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('until', _MOMENT, nullable=False),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('at', _MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_order_aside_order_id_order')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_order_aside'))
    )
    op.create_table('perishable_line',
    sa.Column('order_line_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('refund', sa.Boolean(), nullable=False),
    sa.Column('due_at', _MOMENT, nullable=False),
    sa.Column('warned_at', _MOMENT, nullable=False),
    sa.Column('proposed_at', _MOMENT, nullable=True),
    sa.Column('decision', sa.String(), nullable=True),
    sa.Column('units', _INTEGER, nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.Column('decided_at', _MOMENT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.CheckConstraint("decision IN ('disposed', 'left')", name=op.f('ck_perishable_line_decision')),
    sa.CheckConstraint("units >= 0 AND (decision = 'disposed' OR units = 0)", name=op.f('ck_perishable_line_units')),
    sa.CheckConstraint("amount_fen >= 0 AND (refund OR amount_fen = 0)", name=op.f('ck_perishable_line_amount')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_perishable_line_order_line_id_order_line')),
    sa.PrimaryKeyConstraint('order_line_id', name=op.f('pk_perishable_line'))
    )
    with op.batch_alter_table('perishable_line', schema=None) as batch_op:
        batch_op.create_index('ix_perishable_line_due', ['due_at'], unique=False, postgresql_where=_NOT_PROPOSED, sqlite_where=_NOT_PROPOSED)
    for name in ('order_aside', 'perishable_line'):
        _copy(name)


def _copy(name: str) -> None:
    """Make the archive's empty table of the same columns."""
    found = sa.inspect(op.get_bind())
    columns = [
        sa.Column(column['name'], column['type'], nullable=column['nullable'])
        for column in found.get_columns(name)
    ]
    key = found.get_pk_constraint(name)['constrained_columns']
    op.create_table(f'archived_{name}', *columns, sa.PrimaryKeyConstraint(*key, name=f'pk_archived_{name}'))


def downgrade() -> None:
    op.drop_table('archived_perishable_line')
    op.drop_table('archived_order_aside')
    op.drop_table('perishable_line')
    op.drop_table('order_aside')
    with op.batch_alter_table('pickup_follow_up', schema=None) as batch_op:
        batch_op.drop_column('warned_at')
    with op.batch_alter_table('category', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_category_dispose_hours'), type_='check')
        batch_op.drop_column('dispose_refund')
        batch_op.drop_column('dispose_hours')
