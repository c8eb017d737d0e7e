"""Make large files in the background

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0047'
down_revision = '0046'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('made_file',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('account_id', _INTEGER, nullable=False),
    sa.Column('report', sa.String(), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('suffix', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('rows', _INTEGER, nullable=False),
    sa.Column('done', _INTEGER, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('asked_at', _MOMENT, nullable=False),
    sa.Column('made_at', _MOMENT, nullable=True),
    sa.CheckConstraint("state IN ('queued', 'making', 'done', 'failed')", name=op.f('ck_made_file_state')),
    sa.CheckConstraint("suffix IN ('xlsx', 'csv')", name=op.f('ck_made_file_suffix')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_made_file_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_made_file'))
    )
    with op.batch_alter_table('made_file', schema=None) as batch_op:
        batch_op.create_index('ix_made_file_account', ['account_id', 'id'], unique=False)


def downgrade() -> None:
    op.drop_table('made_file')
