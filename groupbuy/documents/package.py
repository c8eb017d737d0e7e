"""The outside of an xlsx file: parts in a zip, and the relationships between them."""

import zipfile
from collections.abc import Sequence

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# The oldest moment that a zip can hold: the same sheets give the same bytes, whenever they are written.
EPOCH = (1980, 1, 1, 0, 0, 0)
# A fifth larger than the usual level 6, in less than half the time.
_QUICK = 2


def add_part(package: zipfile.ZipFile, path: str, xml: str) -> None:
    """Write one XML part."""
    add_bytes(package, path, (_HEAD + xml).encode())


def add_bytes(package: zipfile.ZipFile, path: str, content: bytes) -> None:
    """Write one part as it is."""
    info = zipfile.ZipInfo(path, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    package.writestr(info, content, compresslevel=_QUICK)


def relationships(targets: Sequence[tuple[str, str]]) -> str:
    """Return a relationships part: rId1, rId2 … of (type, target)."""
    parts = [
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    ]
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(parts)}</Relationships>'
