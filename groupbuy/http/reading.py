"""Reading what programs send: strict JSON into strict models, every fault with the field named."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from groupbuy.http.errors import Malformed
from groupbuy.kernel.errors import BadInput, GroupbuyError

MAX_BODY = 256 * 1024
MAX_DEPTH = 20
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_type": "not_a_text",
    "string_unicode": "bad_text",
    "bad_text": "bad_text",
    "int_type": "not_a_number",
    "int_parsing": "not_a_number",
    "int_from_float": "not_a_number",
    "bool_type": "not_a_truth_value",
    "bool_parsing": "not_a_truth_value",
    "list_type": "not_a_list",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
    "greater_than_equal": "out_of_range",
    "greater_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "int_parsing_size": "out_of_range",
    "string_too_short": "required",
    "string_too_long": "too_long",
    "too_short": "required",
    "too_long": "out_of_range",
    "literal_error": "unknown_value",
    "string_pattern_mismatch": "bad_format",
}

T = TypeVar("T", bound=BaseModel)


class UnsupportedMediaType(GroupbuyError):
    """Say that a body must be JSON."""

    status = 415


def clean_text(text: str) -> str:
    """Return the text; raise ValueError for controls and lone surrogates, which no column takes."""
    if _UNSTORABLE.search(text):
        raise ValueError("control characters and lone surrogates are not allowed")
    return text


Text = Annotated[str, AfterValidator(clean_text)]


class Body(BaseModel):
    """Base of what programs send: no conversion of types, no unknown field."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Query(BaseModel):
    """Base of query parameters, which are all texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def check_size(uploads: Sequence[str] = ()) -> None:
    """Bound the body before anybody reads it; raise UnsupportedMediaType for a file of another type."""
    if not uploads:
        request.max_content_length = MAX_BODY
    elif request.mimetype not in uploads:
        raise UnsupportedMediaType("file_wanted", f"Send the file as {' or '.join(uploads)}.")


def read_body(model: type[T]) -> T:
    """Read the request's JSON body; raise Malformed, UnsupportedMediaType or BadInput."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("json_wanted", "Send a JSON body with Content-Type: application/json.")
    return validated(model, parse_json(request.get_data()))


def read_query(model: type[T]) -> T:
    """Read the query parameters; a repeated one is refused. Raise BadInput."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise BadInput("duplicate", "This parameter is given twice.", param=name)
    return validated(model, request.args.to_dict())


def validated(model: type[T], value: Any) -> T:
    """Return the model of a value; raise BadInput for the first fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise _bad_input(fault) from error


def _bad_input(fault: ErrorDetails) -> BadInput:
    kind = fault["type"]
    code = "bad_text" if kind == "value_error" else _CODES.get(kind, "bad_value")
    return BadInput(code, fault["msg"], param=param_name(fault["loc"]) or "body")


def param_name(location: Sequence[int | str]) -> str:
    """Return ``lines[0].quantity`` for the location of a fault; a key of the sender is cut short."""
    name = ""
    for step in location:
        name += f"[{step}]" if isinstance(step, int) else f".{step[:64]}"
    return name.removeprefix(".").encode("utf-8", "replace").decode()


def parse_json(data: bytes) -> Any:
    """Parse JSON as RFC 8259 has it, with bounds; raise Malformed."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("not_utf8", f"The body is no UTF-8 at byte {error.start}.", param="body") from error
    if _depth(text) > MAX_DEPTH:
        raise Malformed("too_deep", f"The body is nested deeper than {MAX_DEPTH}.", param="body")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_whole)
    except json.JSONDecodeError as error:
        sentence = f"The body is no JSON: {error.msg} at character {error.pos}."
        raise Malformed("malformed_json", sentence, param="body") from error


def _depth(text: str) -> int:
    """Return how deep the text nests, or an upper bound where there are few brackets at all."""
    if (brackets := text.count("[") + text.count("{")) <= MAX_DEPTH:
        return brackets
    deepest = depth = 0
    in_text = escaped = False
    for char in text:
        if in_text:
            in_text, escaped = escaped or char != '"', not escaped and char == "\\"
        elif char == '"':
            in_text = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise BadInput("duplicate", "This field is given twice.", param=param_name([twice]))
    return found


def _refuse_constant(name: str) -> Any:
    raise Malformed("malformed_json", f"{name} is no JSON.", param="body")


def _whole(text: str) -> int:
    # Python refuses to convert texts of thousands of digits; what is cut here is far out of every range.
    return int(text[:30])
