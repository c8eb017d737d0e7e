"""Let the database itself refuse to change or remove postings, entries of the audit log and their seals

Revision ID: 0420
Revises: 0390
"""

from alembic import op

revision = '0420'
down_revision = '0390'
branch_labels = None
depends_on = None

# What may be written later, once: the number of the seal under which a row came. The rest never changes.
_KEPT = {
    'posting': 'id, debit_account, credit_account, amount_fen, cause_kind, cause_id, part, at, actor, period',
    'audit_entry': 'id, at, actor, verb, subject_kind, subject, before, after',
    'posting_seal': 'number, postings, amount_fen, digest, sealed_at',
    'audit_seal': 'id, number, entries, digest, sealed_at',
}
_SEALED_BY = {'posting': 'seal_number', 'audit_entry': 'seal_id'}


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == 'postgresql'
    if postgresql:
        op.execute(
            "CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';"
            " END $$"
        )
    for table, columns in _KEPT.items():
        # "before" is a word of SQL in a trigger, so that names are quoted.
        kept = ', '.join(f'"{column}"' for column in columns.split(', '))
        _refuse(postgresql, table, 'changed', f'UPDATE OF {kept}')
        _refuse(postgresql, table, 'removed', 'DELETE')
        if table in _SEALED_BY:
            seal = _SEALED_BY[table]
            _refuse(postgresql, table, 'sealed_again', f'UPDATE OF {seal}', f'WHEN (OLD.{seal} IS NOT NULL)')
        if postgresql:
            op.execute(
                f'CREATE TRIGGER {table}_emptied BEFORE TRUNCATE ON {table}'
                ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite()'
            )


def _refuse(postgresql: bool, table: str, name: str, deed: str, when: str = '') -> None:
    body = (
        'EXECUTE FUNCTION refuse_to_rewrite()'
        if postgresql
        else f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )
    op.execute(f'CREATE TRIGGER {table}_{name} BEFORE {deed} ON {table} FOR EACH ROW {when} {body}')


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == 'postgresql'
    for table in _KEPT:
        names = ['changed', 'removed', *(['sealed_again'] if table in _SEALED_BY else [])]
        for name in [*names, 'emptied'] if postgresql else names:
            op.execute(f'DROP TRIGGER {table}_{name}' + (f' ON {table}' if postgresql else ''))
    if postgresql:
        op.execute('DROP FUNCTION refuse_to_rewrite()')
