"""The icons of home screens are there, each in the size that is promised."""

from io import BytesIO

from flask.testing import FlaskClient
from PIL import Image


def _size(client: FlaskClient, address: str) -> tuple[int, int]:
    with client.get(address) as answer:
        return Image.open(BytesIO(answer.data)).size


def test_each_icon_of_the_installable_page_has_its_size(client: FlaskClient) -> None:
    with client.get("/static/pickup.json") as answer:
        icons = answer.get_json()["icons"]
    drawn = {one["sizes"]: one["src"] for one in icons if one["type"] == "image/png"}
    assert set(drawn) == {"192x192", "512x512"}
    for size, address in drawn.items():
        assert "x".join(map(str, _size(client, address))) == size


def test_pages_name_the_icon_of_an_iphone(client: FlaskClient) -> None:
    assert 'rel="apple-touch-icon" href="/static/img/icon-180.png' in client.get("/sign-in").text
    assert _size(client, "/static/img/icon-180.png") == (180, 180)
