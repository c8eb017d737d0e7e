"""QR codes as pictures above the cells of a worksheet."""

import zipfile
from collections.abc import Sequence

from groupbuy.documents.package import OFFICE, add_bytes, add_part, relationships
from groupbuy.documents.qr import png
from groupbuy.documents.worksheet import Picture

# Office measures in English metric units: 12,700 a point.
_SIDE = 54 * 12_700
_INSET = 4 * 12_700
_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"


def add_drawing(package: zipfile.ZipFile, sheet: int, pictures: Sequence[Picture]) -> None:
    """Write the pictures of the sheet with this number and everything that leads to them."""
    add_part(
        package,
        f"xl/worksheets/_rels/sheet{sheet}.xml.rels",
        relationships([("drawing", f"../drawings/drawing{sheet}.xml")]),
    )
    anchors = [_anchor(number, picture) for number, picture in enumerate(pictures, 1)]
    namespaces = f'xmlns:xdr="{_SHEET}" xmlns:a="{_MAIN}" xmlns:r="{OFFICE}"'
    add_part(
        package, f"xl/drawings/drawing{sheet}.xml", f"<xdr:wsDr {namespaces}>{''.join(anchors)}</xdr:wsDr>"
    )
    media = [f"qr{sheet}_{number}.png" for number, _ in enumerate(pictures, 1)]
    targets = [("image", f"../media/{name}") for name in media]
    add_part(package, f"xl/drawings/_rels/drawing{sheet}.xml.rels", relationships(targets))
    for name, picture in zip(media, pictures, strict=True):
        add_bytes(package, f"xl/media/{name}", png(picture.payload))


def _anchor(number: int, picture: Picture) -> str:
    return (
        f"<xdr:oneCellAnchor><xdr:from><xdr:col>{picture.column}</xdr:col><xdr:colOff>{_INSET}</xdr:colOff>"
        f"<xdr:row>{picture.row}</xdr:row><xdr:rowOff>{_INSET}</xdr:rowOff></xdr:from>"
        f'<xdr:ext cx="{_SIDE}" cy="{_SIDE}"/><xdr:pic>'
        f'<xdr:nvPicPr><xdr:cNvPr id="{number}" name="QR {number}"/>'
        '<xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip r:embed="rId{number}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        f'<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{_SIDE}" cy="{_SIDE}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>'
        "<xdr:clientData/></xdr:oneCellAnchor>"
    )
