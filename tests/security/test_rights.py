"""Who may do what: each route against each kind of person, as the tables in the repository say."""

import shutil
from pathlib import Path

import pytest

from groupbuy.api.v1.endpoint import OPERATIONS
from groupbuy.db import db
from tests.security.rights import asked, how_to_add, named, read_table, routes
from tests.security.town import Town

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
# Reading the document of the API needs nobody's rights.
OPEN = "openapi"


class Snapshot:
    """The embedded database as it stands, to go back to."""

    def __init__(self) -> None:
        self.file = Path(db.engine.url.database or "")
        self.copy = self.file.with_suffix(".copy")
        _settle()
        shutil.copyfile(self.file, self.copy)

    def restore(self) -> None:
        """Go back, whatever has been done since."""
        _settle()
        shutil.copyfile(self.copy, self.file)


def _settle() -> None:
    """Bring everything into the one file and let go of it."""
    db.session.rollback()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.engine.dispose()


@pytest.mark.check(23)
def test_every_route_stands_in_a_table(town: Town, database_kind: str) -> None:
    missing = set(routes(town.app)) - named(town.app, read_table(), town.facts)
    assert not missing, how_to_add(missing)
    operations = {name for name in town.app.view_functions if name.startswith("api_v1.")}
    assert operations == {f"api_v1.{name}" for name in (*OPERATIONS, OPEN)}


@pytest.mark.check(23, 26)
def test_each_page_answers_each_person_as_the_table_says(town: Town, database_kind: str) -> None:
    rows, before = read_table(), Snapshot()
    wrong = []
    for row in sorted(rows, key=lambda row: row.method != "GET"):
        answered = asked(town.people, row, town.facts)
        if answered != row:
            wrong.append(f"the table  {row}\nit answers {answered}")
        if row.method != "GET":
            before.restore()
    assert not wrong, "\n".join(wrong)
