"""Who an invoice is for, what it is of, and what counts as its file. Pure."""

from dataclasses import dataclass
from io import BytesIO
from typing import NoReturn
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.rules import check_email, check_text

PERSON, COMPANY = "person", "company"
PDF, WEBP = "application/pdf", "image/webp"
# What the tax system hands out beside the PDF: its own layout format (GB/T 33190) and the data themselves.
OFD, XML = "application/ofd", "application/xml"
TYPES = (PDF, OFD, XML)
SUFFIXES = {PDF: "pdf", WEBP: "webp", OFD: "ofd", XML: "xml"}
MAX_TITLE, MAX_NUMBER, MAX_REASON = 100, 20, 200
# 数电发票 have 20 digits; older invoices 8, before which their code of 10 or 12 digits may stand.
NUMBER_LENGTHS = (8, 18, 20)
MAX_FILE = 5 * 1024 * 1024
# Unified social credit codes (GB 32100-2015): no I, O, S, V and Z; weights are the powers of 3 modulo 31.
_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LENGTH = 18


@dataclass(frozen=True, slots=True)
class Buyer:
    """For whom an invoice is: a person, or a company with its tax number; and where it is mailed to."""

    kind: str
    title: str
    tax_number: str | None
    email: str


def check_sign(body: str) -> str:
    """Return the check sign of the first 17 signs of a tax number; raise ValueError for a strange sign."""
    total = sum(_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return _SIGNS[-total % 31]


def is_tax_number(text: str) -> bool:
    """Tell whether a text is a unified social credit code whose check sign is right."""
    if len(text) != _LENGTH or set(text) - set(_SIGNS):
        return False
    return check_sign(text[:-1]) == text[-1]


def buyer(*, kind: str, title: str, tax_number: str, email: str) -> Buyer:
    """Return for whom an invoice is, tidied up; raise BadInput at the field that is wrong."""
    number = "".join(tax_number.split()).upper()
    if kind not in (PERSON, COMPANY):
        raise BadInput("unknown_kind", "Choose person or company.", param="kind")
    title = check_text(title, most=MAX_TITLE, param="title")
    if kind == COMPANY and not is_tax_number(number):
        raise BadInput(
            "bad_tax_number",
            "This is no tax number: 18 digits and capitals, the last one checks the others.",
            param="tax_number",
        )
    return Buyer(kind, title, number if kind == COMPANY else None, check_email(email))


def kept_fen(*, paid_fen: int, amount_fen: int) -> int:
    """Return what was paid for an order and is not to be given back, in fen."""
    return min(paid_fen, amount_fen)


def check_number(text: str) -> str:
    """Return the number of an invoice, tidied up; raise BadInput unless it has digits as invoices have."""
    number = "".join(text.split())
    if len(number) not in NUMBER_LENGTHS or not (number.isascii() and number.isdigit()):
        sentence = "The number of an invoice has 20 digits; of an older one 8, or 18 or 20 with its code."
        raise BadInput("bad_format", sentence, param="number")
    return number


def check_file(content: bytes) -> str:
    """Return the media type of an invoice by what it holds, whatever it is called.

    Raise BadInput ``no_invoice`` for what is no whole PDF, OFD or XML, ``too_large`` above 5 MB.
    """
    if len(content) > MAX_FILE:
        raise BadInput("too_large", "An invoice has at most 5 MB.", param="file")
    for mime_type, is_whole in ((PDF, _is_pdf), (OFD, _is_ofd), (XML, _is_xml)):
        if is_whole(content):
            return mime_type
    raise BadInput("no_invoice", "This is no whole PDF, OFD or XML.", param="file")


def _is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]


def _is_ofd(content: bytes) -> bool:
    """Tell by the packing list; nothing is unpacked."""
    try:
        with ZipFile(BytesIO(content)) as packed:
            return "OFD.xml" in packed.namelist()
    except (BadZipFile, ValueError, NotImplementedError):
        return False


def _is_xml(content: bytes) -> bool:
    """Tell whether it is well formed; what declares entities is none: it may grow endlessly."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError):
        return False
    return True


def _refuse(*_: object) -> NoReturn:
    raise ValueError
