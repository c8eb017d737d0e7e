"""QR codes of eight digits, fast: a close prints one for every bag.

With size, error correction and mask fixed, each module of a QR code is a sum modulo 2 of bits of its
data: its frame and padding are constant, and Reed-Solomon codes are linear. So the picture of any eight
digits is that of 00000000, changed by what each bit that is set changes. Three digits are ten bits, two
are seven (ISO/IEC 18004, numeric mode).
"""

import functools
import struct
import zlib
from collections.abc import Sequence

import segno

_GROUPS = ((0, 3, 10), (3, 6, 10), (6, 8, 7))
DIGITS = 8
SCALE = 4
_BORDER = 2


@functools.cache
def _plan(mask: int) -> tuple[int, int, int, Sequence[Sequence[int]]]:
    """Return the length of a line, the number of lines, the picture of zeros and what each bit changes."""
    zeros, line, lines = _picture("0" * DIGITS, mask)
    changes = [
        [_picture(_with(start, end, 1 << bit), mask)[0] ^ zeros for bit in range(bits)]
        for start, end, bits in _GROUPS
    ]
    return line, lines, zeros, changes


def _with(start: int, end: int, value: int) -> str:
    return f"{value:0{end - start}d}".rjust(end, "0").ljust(DIGITS, "0")


def _picture(digits: str, mask: int) -> tuple[int, int, int]:
    """Return all lines of a PNG as one number, the bytes of a line and the number of lines."""
    matrix = segno.make_qr(digits, error="m", mask=mask).matrix
    quiet = [(0,) * len(matrix)] * _BORDER
    rows = [(0,) * _BORDER + tuple(row) + (0,) * _BORDER for row in [*quiet, *matrix, *quiet]]
    lines = [_line(row) for row in rows for _ in range(SCALE)]
    return int.from_bytes(b"".join(lines)), len(lines[0]), len(lines)


def _line(row: Sequence[int]) -> bytes:
    """Return a line of one bit per pixel, white being 1, behind the number of its filter."""
    bits = "".join("0" * SCALE if module else "1" * SCALE for module in row)
    size = -(-len(bits) // 8)
    return b"\0" + int(bits.ljust(size * 8, "0"), 2).to_bytes(size)


def digit_png(digits: str, mask: int) -> bytes:
    """Return the QR code of eight ASCII digits as a black and white PNG, SCALE pixels a module."""
    line, lines, picture, changes = _plan(mask)
    for (start, end, _), group in zip(_GROUPS, changes, strict=True):
        value = int(digits[start:end])
        for change in group:
            if value & 1:
                picture ^= change
            value >>= 1
    header = struct.pack(">IIBBBBB", lines, lines, 1, 0, 0, 0, 0)
    pixels = zlib.compress(picture.to_bytes(line * lines))
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
