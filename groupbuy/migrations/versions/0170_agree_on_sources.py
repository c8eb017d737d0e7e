"""Agree on the further suppliers of what a round offers

Revision ID: 0170
Revises: 0152
"""

import sqlalchemy as sa
from alembic import op

revision = '0170'
down_revision = '0152'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
# Until now a round was bought from the suppliers of its close: those that have not closed keep that.
_WAITING = (
    "SELECT o.id FROM offer o JOIN round r ON r.id = o.round_id"
    " WHERE r.state IN ('draft', 'scheduled', 'open', 'closing')"
)
_SPLITS = (
    'INSERT INTO offer_sourcing (offer_id, split_by, daily_limit)'
    ' SELECT o.id, s.split_by, s.daily_limit FROM offer o JOIN product_sourcing s ON s.product_id = o.product_id'
    f' WHERE o.id IN ({_WAITING})'
)
_SOURCES = (
    'INSERT INTO offer_source (offer_id, supplier_id, cost_fen, case_size, share_bp, daily_limit)'
    ' SELECT o.id, s.supplier_id, s.cost_fen, s.case_size, s.share_bp, s.daily_limit'
    ' FROM offer o JOIN product_source s ON s.product_id = o.product_id'
    f' WHERE o.id IN ({_WAITING})'
)


def upgrade() -> None:
    op.create_table('offer_sourcing',
    sa.Column('offer_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('split_by', sa.String(), nullable=False),
    sa.Column('daily_limit', _INTEGER, nullable=True),
    sa.CheckConstraint('daily_limit >= 0', name=op.f('ck_offer_sourcing_daily_limit')),
    sa.CheckConstraint("split_by IN ('share', 'price')", name=op.f('ck_offer_sourcing_split_by')),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_offer_sourcing_offer_id')),
    sa.PrimaryKeyConstraint('offer_id', name=op.f('pk_offer_sourcing'))
    )
    op.create_table('offer_source',
    sa.Column('offer_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('supplier_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('cost_fen', _INTEGER, nullable=False),
    sa.Column('case_size', _INTEGER, nullable=False),
    sa.Column('share_bp', _INTEGER, nullable=False),
    sa.Column('daily_limit', _INTEGER, nullable=True),
    sa.CheckConstraint('case_size > 0', name=op.f('ck_offer_source_case_size')),
    sa.CheckConstraint('cost_fen >= 0', name=op.f('ck_offer_source_cost')),
    sa.CheckConstraint('daily_limit >= 0', name=op.f('ck_offer_source_daily_limit')),
    sa.CheckConstraint('share_bp BETWEEN 0 AND 10000', name=op.f('ck_offer_source_share')),
    sa.ForeignKeyConstraint(['offer_id'], ['offer_sourcing.offer_id'], name=op.f('fk_offer_source_offer_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_offer_source_supplier_id')),
    sa.PrimaryKeyConstraint('offer_id', 'supplier_id', name=op.f('pk_offer_source'))
    )
    with op.batch_alter_table('offer_source', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_offer_source_supplier_id'), ['supplier_id'], unique=False)
    op.execute(_SPLITS)
    op.execute(_SOURCES)


def downgrade() -> None:
    with op.batch_alter_table('offer_source', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_offer_source_supplier_id'))
    op.drop_table('offer_source')
    op.drop_table('offer_sourcing')
