"""What stands in the address of a call and is none of its parameters, as a misspelt filter, is refused.

The calls are taken from the description.
"""

import pytest

from tests.caller import Caller
from tests.config.api.calls import CALLS, READS, Scene, below, body_for
from tests.tenant_tables import everything_of


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_parameter_that_a_call_does_not_know_is_refused_and_nothing_is_done(
    method: str, path: str, victim: Scene
) -> None:
    caller = Caller(victim.secret)
    caller.get("/account")  # so that the token's use is noted
    before = everything_of(victim.customer.account.pk)
    body = None if method == "get" else body_for(method, path, victim)
    answer = caller.ask(method.upper(), f"{below(path, victim)}?stauts=active&limti=1", body)
    assert (answer.status, answer.code) == (422, "invalid")
    said = [{"member": name, "message": "There is no such parameter."} for name in ("limti", "stauts")]
    assert answer.body["errors"] == said
    assert everything_of(victim.customer.account.pk) == before


@pytest.mark.parametrize("path", [path for _method, path in READS if path.endswith("/recipients")])
def test_the_parameters_of_a_call_are_known(path: str, victim: Scene) -> None:
    found = Caller(victim.secret).get(f"{below(path, victim)}?status=active&search=&limit=1")
    assert found.status == 200


def test_no_more_than_a_hundred_are_named(victim: Scene) -> None:
    many = "&".join(f"p{number}=1" for number in range(101))
    answer = Caller(victim.secret).get(f"/groups?{many}")
    assert (answer.status, len(answer.body["errors"])) == (422, 100)
