"""Files on disk that are whole or not there: written aside, flushed to the disk, then renamed."""

import os
import secrets
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from groupbuy.documents.package import EPOCH


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write; under its name it appears only when everything is written.

    If anything fails the old file stays as it was and nothing is left behind.
    """
    with _written(path) as file:
        yield file
    keep_names([path])


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.part")
    try:
        with aside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is whole or not there, whatever happens."""
    with written_whole(path) as file:
        file.write(content)


def write_one_of_many(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there; its name is only sure to last after ``keep_names``."""
    with _written(path) as file:
        file.write(content)


def keep_names(paths: Iterable[Path]) -> None:
    """Flush the folders of new files; without this their names may be lost with the power."""
    for folder in {path.parent for path in paths}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_zip(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write a zip of (path inside, content), one file after the other, so that only one is in memory.

    The same files give the same bytes, whenever they are written.

    Raise ValueError for a path that leads out of the folder it is unpacked to, or comes twice.
    """
    taken: set[str] = set()
    with written_whole(path) as out, zipfile.ZipFile(out, "w") as archive:
        for name, content in files:
            inside = _inside(name)
            if inside in taken:
                raise ValueError(f"{inside} comes twice")
            taken.add(inside)
            # Workbooks and PDF files are compressed already.
            packed = name.endswith((".xlsx", ".pdf", ".png", ".zip"))
            info = zipfile.ZipInfo(inside, EPOCH)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED)


def _inside(name: str) -> str:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0]:
        raise ValueError(f"{name!r} leads out of its folder")
    return "/".join(parts)
