"""A number that no column holds names nothing: never a fault of ours."""

from collections.abc import Iterator
from functools import reduce
from operator import getitem
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter

from groupbuy.http.row_ids import MAX_ROW_ID, row_id

HUGE = 10**25


def test_no_address_takes_a_number_that_no_column_holds(app: Flask) -> None:
    converters = {
        f"{rule.rule} {name}": converter
        for rule in app.url_map.iter_rules()
        for name, converter in rule._converters.items()
        if isinstance(converter, IntegerConverter)
    }
    too_wide = [where for where, one in converters.items() if (one.max or HUGE) > MAX_ROW_ID]
    assert converters
    assert not too_wide


def test_no_body_of_the_api_takes_a_number_that_no_column_holds(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").json
    bodies = {
        operation["operationId"]: media["schema"]
        for path in document["paths"].values()
        for operation in path.values()
        for media in operation.get("requestBody", {}).get("content", {}).values()
    }
    too_wide = [
        f"{name}{where}"
        for name, schema in bodies.items()
        for where, number in _numbers(document, schema)
        if min(number.get("maximum", HUGE), number.get("exclusiveMaximum", HUGE) - 1) > MAX_ROW_ID
    ]
    assert not too_wide


def test_a_text_is_a_row_s_number_or_none() -> None:
    wrong = (str(MAX_ROW_ID + 1), str(HUGE), "", "-1", "²", "１", "1.0", None)
    assert [row_id(text) for text in ("7", str(MAX_ROW_ID))] == [7, MAX_ROW_ID]
    assert {row_id(text) for text in wrong} == {None}


def _numbers(document: Any, schema: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every whole number below a shape with where it stands; no shape of ours holds itself."""
    if "$ref" in schema:
        schema = reduce(getitem, schema["$ref"].split("/")[1:], document)
    if schema.get("type") == "integer" and not {"enum", "const"} & schema.keys():
        yield where, schema
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _numbers(document, part, where)
    if "items" in schema:
        yield from _numbers(document, schema["items"], f"{where}[]")
    for name, part in schema.get("properties", {}).items():
        yield from _numbers(document, part, f"{where}.{name}")
