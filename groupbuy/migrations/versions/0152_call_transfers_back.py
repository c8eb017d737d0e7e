"""Call transfers back

Revision ID: 0152
Revises: 0124
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.naming import conv

import groupbuy.db.base

revision = '0152'
down_revision = '0124'
branch_labels = None
depends_on = None

_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)
_STATE, _CALLED_BACK = conv('ck_stock_transfer_state'), conv('ck_stock_transfer_called_back')


def upgrade() -> None:
    with op.batch_alter_table('stock_transfer', schema=None) as batch_op:
        batch_op.drop_constraint(_STATE, type_='check')
        batch_op.add_column(sa.Column('called_back_at', _MOMENT, nullable=True))
        batch_op.add_column(sa.Column('called_back_by', sa.String(), nullable=True))
        batch_op.create_check_constraint(_STATE, "state IN ('sent', 'arrived', 'called_back')")
        batch_op.create_check_constraint(
            _CALLED_BACK, "(state = 'called_back') = (called_back_at IS NOT NULL)"
        )


def downgrade() -> None:
    # What was called back lies again where it was sent from: without the state there was no transfer.
    back = "SELECT id FROM stock_transfer WHERE state = 'called_back'"
    op.execute(f'DELETE FROM stock_transfer_line WHERE stock_transfer_id IN ({back})')
    op.execute("DELETE FROM stock_transfer WHERE state = 'called_back'")
    with op.batch_alter_table('stock_transfer', schema=None) as batch_op:
        batch_op.drop_constraint(_CALLED_BACK, type_='check')
        batch_op.drop_constraint(_STATE, type_='check')
        batch_op.drop_column('called_back_by')
        batch_op.drop_column('called_back_at')
        batch_op.create_check_constraint(_STATE, "state IN ('sent', 'arrived')")
