"""Every call of the interface, sent what its description allows and what it forbids (schemathesis).

Whatever is sent, the answer is one that the description knows, and never an error of the server.
`LISTKEEP_API_EXAMPLES` requests are made up for each call, a third of them against the description.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from config.api import api
from tests.config.api.calls import CALLS, Scene, rows_of
from tests.customer import rolled_back

# A web server closes every answer; schemathesis lets go of those that stream a file without that.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
EXAMPLES = int(os.environ.get("LISTKEEP_API_EXAMPLES", "10"))


@pytest.fixture(scope="module", autouse=True)
def kept_connection() -> Iterator[None]:
    """The connection stays open when a request is over, as with Django's test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def description() -> Any:
    """What schemathesis makes of the description, and the application that it asks."""
    # Not every rule can be told in a schema: which fields a list has, and what is an address.
    accepted = {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "410", "422"]}}
    # Each request is sent with a token, whatever was made up for its header: no token is tried in test_gate.
    made_up = {"with-security-parameters": False}
    config = SchemathesisConfig.from_dict({"checks": accepted, "generation": made_up})
    found = schemathesis.openapi.from_dict(api.get_openapi_schema(), config=config)
    found.app = WSGIHandler()
    return found


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_call_is_as_described(method: str, path: str, victim: Scene, description: Any) -> None:
    operation = description[path][method.upper()]
    named = {name: value for name, value in rows_of(victim).items() if f"{{{name}}}" in path} or None
    strategies = [
        operation.as_strategy(GenerationMode.POSITIVE, path_parameters=named),
        operation.as_strategy(GenerationMode.POSITIVE),
        operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=named),
    ]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(strategies))
    def check(case: Any) -> None:
        with rolled_back():
            case.call_and_validate(headers={"Authorization": f"Bearer {victim.secret}"})

    check()
