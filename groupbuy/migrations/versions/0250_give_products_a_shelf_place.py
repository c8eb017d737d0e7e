"""Give products a place on the shelves

Revision ID: 0250
Revises: 0230
"""

import sqlalchemy as sa
from alembic import op

revision = '0250'
down_revision = '0230'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Neither a value nor a check: the column is there at once, however many products there are.
    op.add_column('product', sa.Column('shelf_place', sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('product', schema=None) as batch_op:
        batch_op.drop_column('shelf_place')
