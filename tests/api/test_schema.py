"""The OpenAPI document holds: generated requests find no 500 and no answer that is not in it."""

import contextvars
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from groupbuy.api.v1.endpoint import OPERATIONS
from tests.api.conftest import Town

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES = 6
KNOWN = {"round_name": "C1", "code": "L1", "kind": "pickup_sheet"}


@schemathesis.serializer(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/pdf"
)
def _as_bytes(_context: Any, value: Any) -> bytes:
    """Send what was generated for a workbook or a PDF as it is: hardly ever one."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def test_the_document_is_openapi_3_1_and_names_every_operation(town: Town) -> None:
    document = town.app.test_client().get("/api/v1/openapi.json").json
    operations = {shown["operationId"] for path in document["paths"].values() for shown in path.values()}
    assert document["openapi"].startswith("3.1")
    assert operations == OPERATIONS.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_generated_requests_get_documented_answers(town: Town, name: str) -> None:
    """Ask as whoever may, sometimes for what exists; each example is rolled on from the one before."""
    schema = schemathesis.openapi.from_dict(town.app.test_client().get("/api/v1/openapi.json").json)
    schema.app = town.app
    roles = OPERATIONS[name].roles or frozenset()
    asker = town.staff() if "operator" in roles else town.head
    known = KNOWN | {"order_no": town.buyer.order({"P1": 1}).json["order_no"]}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(case=schema.find_operation_by_id(name).as_strategy(), real=st.booleans())
    def check(case: Any, real: bool) -> None:
        if real:
            case.path_parameters = {
                key: known.get(key, value) for key, value in (case.path_parameters or {}).items()
            }
        token = {} if name == "revoke_token" else {"Authorization": f"Bearer {asker.token}"}
        # The test's transport asks for gzip and does not unpack it.
        plain = token | {"Accept-Encoding": "identity"}
        answer = contextvars.Context().run(case.call, headers=plain)
        case.validate_response(answer, checks=CHECKS)

    check()
