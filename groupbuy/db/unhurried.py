"""Long work in one transaction, which no limit on single statements breaks off."""

from sqlalchemy import text

from groupbuy.db.session import db


def be_unhurried(*, pause: str = "15s") -> None:
    """Let the statements of this transaction take their time, but not the pauses between them.

    For long work with locks: PostgreSQL ends the transaction of a process that was halted in the
    middle after a pause, so that another one can do the work.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL statement_timeout = 0"))
        db.session.execute(
            text("SELECT set_config('idle_in_transaction_session_timeout', :pause, true)"), {"pause": pause}
        )
