"""Correct invoices

Revision ID: 0141
Revises: 0133
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.naming import conv

import groupbuy.db.base

revision = '0141'
down_revision = '0133'
branch_labels = None
depends_on = None

_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_STATE, _ISSUED, _REVERSED = (
    conv(f'ck_invoice_request_{name}') for name in ('state', 'issued', 'reversed')
)
_OLD = ("state IN ('asked', 'issued', 'refused')", "(state = 'issued')", "state <> 'refused'")
_NEW = (
    "state IN ('asked', 'issued', 'correcting', 'reversed', 'refused')",
    "(state IN ('issued', 'correcting', 'reversed'))",
    "state NOT IN ('refused', 'reversed')",
)
_KNOWN = '(amount_fen IS NOT NULL AND invoice_number IS NOT NULL)'


def _index(live: str) -> None:
    where = sa.text(live)
    op.create_index(
        'uq_invoice_request_live', 'invoice_request', ['order_id'], unique=True,
        postgresql_where=where, sqlite_where=where,
    )


def upgrade() -> None:
    op.drop_index('uq_invoice_request_live', table_name='invoice_request')
    with op.batch_alter_table('invoice_request', schema=None) as batch_op:
        batch_op.drop_constraint(_STATE, type_='check')
        batch_op.drop_constraint(_ISSUED, type_='check')
        batch_op.add_column(sa.Column('red_number', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('reversed_at', _MOMENT, nullable=True))
        batch_op.add_column(sa.Column('reversed_by', sa.String(), nullable=True))
        batch_op.create_unique_constraint(conv('uq_invoice_request_red_number'), ['red_number'])
        batch_op.create_check_constraint(_STATE, _NEW[0])
        batch_op.create_check_constraint(_ISSUED, f'{_NEW[1]} = {_KNOWN}')
        batch_op.create_check_constraint(_REVERSED, "(state = 'reversed') = (red_number IS NOT NULL)")
    _index(_NEW[2])


def downgrade() -> None:
    op.execute("UPDATE invoice_request SET state = 'issued' WHERE state = 'correcting'")
    op.drop_index('uq_invoice_request_live', table_name='invoice_request')
    with op.batch_alter_table('invoice_request', schema=None) as batch_op:
        for name in (_REVERSED, _ISSUED, _STATE):
            batch_op.drop_constraint(name, type_='check')
    # A reversed invoice counts as none, so that another one of its order may stand.
    op.execute(
        "UPDATE invoice_request SET state = 'refused', amount_fen = NULL, invoice_number = NULL, "
        "reason = '已红冲 ' || invoice_number || ' / ' || red_number WHERE state = 'reversed'"
    )
    with op.batch_alter_table('invoice_request', schema=None) as batch_op:
        batch_op.drop_constraint(conv('uq_invoice_request_red_number'), type_='unique')
        for column in ('reversed_by', 'reversed_at', 'red_number'):
            batch_op.drop_column(column)
        batch_op.create_check_constraint(_STATE, _OLD[0])
        batch_op.create_check_constraint(_ISSUED, f'{_OLD[1]} = {_KNOWN}')
    _index(_OLD[2])
