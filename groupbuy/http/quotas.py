"""How much an account may send on a day: files and bytes, counted in the database for every process."""

from sqlalchemy import and_

from groupbuy.accounts.models import UploadDay
from groupbuy.accounts.rules import upload_limits
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.db.upserts import insert_into
from groupbuy.http.identity import Identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import TooMany

DAY_S = 24 * 3600


def count_upload(identity: Identity, size: int) -> None:
    """Count a file that somebody has sent, before it is read; raise TooMany ``upload_quota``.

    It is counted in a transaction of its own: what becomes of the file makes no difference.
    """
    in_transaction(lambda: add_upload(identity, size))


def add_upload(identity: Identity, size: int) -> None:
    """Count a file in the transaction at hand; raise TooMany ``upload_quota``."""
    now, (files, most) = utc_now(), upload_limits(identity.role)
    fits = and_(UploadDay.files < files, UploadDay.bytes + size <= most)
    counted = db.session.execute(
        insert_into(UploadDay)
        .values(account_id=identity.account_id, day=now.date(), files=1, bytes=size)
        .on_conflict_do_update(
            index_elements=["account_id", "day"],
            set_={"files": UploadDay.files + 1, "bytes": UploadDay.bytes + size},
            where=fits,
        )
        .returning(UploadDay.files)
    ).scalar()
    if counted is None:
        wait = DAY_S - int(now.timestamp()) % DAY_S
        raise TooMany(
            "upload_quota",
            f"This account may send {files} files and {most // 1024**2} MB a day; go on tomorrow.",
            retry_after=wait,
        )
