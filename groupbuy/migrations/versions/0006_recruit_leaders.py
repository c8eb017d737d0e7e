"""Recruit leaders, keep doors and targets

Revision ID: 0006
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

import groupbuy.db.base

revision = '0006'
down_revision = '0004'
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_MOMENT = groupbuy.db.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('leader', schema=None) as batch_op:
        batch_op.add_column(sa.Column('state_reason', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('latitude_e6', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('longitude_e6', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('agreement_version', _INTEGER, nullable=True))
        batch_op.add_column(sa.Column('agreed_at', _MOMENT, nullable=True))
        batch_op.create_check_constraint(
            batch_op.f('ck_leader_place'), '(latitude_e6 IS NULL) = (longitude_e6 IS NULL)'
        )
    op.create_table('leader_application',
    sa.Column('leader_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('community', sa.String(), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('consent_version', sa.String(), nullable=False),
    sa.Column('applied_at', _MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_leader_application_leader_id')),
    sa.PrimaryKeyConstraint('leader_id', name=op.f('pk_leader_application'))
    )
    op.create_table('leader_agreement',
    sa.Column('version', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('created_at', _MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_leader_agreement'))
    )
    op.create_table('leader_target',
    sa.Column('leader_id', _INTEGER, nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('amount_fen', _INTEGER, nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_leader_target_amount')),
    sa.ForeignKeyConstraint(['leader_id'], ['leader.id'], name=op.f('fk_leader_target_leader_id')),
    sa.PrimaryKeyConstraint('leader_id', 'month', name=op.f('pk_leader_target'))
    )
    op.create_table('resident_address',
    sa.Column('id', _INTEGER, nullable=False),
    sa.Column('resident_id', _INTEGER, nullable=False),
    sa.Column('room', sa.String(), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('created_at', _MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_resident_address_resident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resident_address'))
    )
    with op.batch_alter_table('resident_address', schema=None) as batch_op:
        batch_op.create_index('ix_resident_address_resident', ['resident_id'], unique=False)
        batch_op.create_index(
            'uq_resident_address_default', ['resident_id'], unique=True,
            postgresql_where=sa.text('is_default'), sqlite_where=sa.text('is_default'),
        )
    op.create_table('order_door',
    sa.Column('order_id', _INTEGER, autoincrement=False, nullable=False),
    sa.Column('building', sa.String(), nullable=True),
    sa.Column('room', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['order.id'], name=op.f('fk_order_door_order_id')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_order_door'))
    )


def downgrade() -> None:
    op.drop_table('order_door')
    op.drop_table('resident_address')
    op.drop_table('leader_target')
    op.drop_table('leader_agreement')
    op.drop_table('leader_application')
    with op.batch_alter_table('leader', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_leader_place'), type_='check')
        batch_op.drop_column('agreed_at')
        batch_op.drop_column('agreement_version')
        batch_op.drop_column('longitude_e6')
        batch_op.drop_column('latitude_e6')
        batch_op.drop_column('state_reason')
