"""What becomes of somebody's status when a client writes them: the whole table, without a database."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from recipients.compatible.consent import UNSAID, GivenStatus, Said, Status, status_of_known, status_of_new
from tests.factories import DAY, NOW

LONG_AGO, BEFORE, AFTER = NOW - 9 * DAY, NOW - 2 * DAY, NOW + DAY
ACTIVE = Status(LONG_AGO, LONG_AGO, None, None)
PENDING = Status(LONG_AGO, None, None, None)
SIGNED_OFF = Status(LONG_AGO, LONG_AGO, BEFORE, None)
SIGNED_OFF_BY_SHOP = Status(LONG_AGO, None, BEFORE, None)
BOUNCED = Status(LONG_AGO, LONG_AGO, None, BEFORE)
HOUR = timedelta(hours=1)


def given(**said: Any) -> GivenStatus:
    return GivenStatus(**said)


def is_active(status: Status) -> bool:
    return status.activated_at is not None and status.deactivated_at is None and status.bounced_at is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, Status(NOW, NOW, None, None)),
        ({"deactivated": None}, Status(NOW, NOW, None, None)),
        ({"registered": None}, Status(NOW, NOW, None, None)),
        ({"registered": BEFORE, "activated": NOW - HOUR}, Status(BEFORE, NOW - HOUR, None, None)),
        ({"activated": BEFORE}, Status(BEFORE, BEFORE, None, None)),
        ({"activated": AFTER}, Status(NOW, NOW, None, None)),
        ({"activated": None}, Status(NOW, None, None, None)),
        ({"registered": BEFORE, "activated": None}, Status(BEFORE, None, None, None)),
        ({"registered": BEFORE}, Status(BEFORE, None, None, None)),
        ({"deactivated": BEFORE}, Status(BEFORE, BEFORE, BEFORE, None)),
        ({"deactivated": AFTER}, Status(NOW, NOW, NOW, None)),
        ({"registered": LONG_AGO, "deactivated": BEFORE}, Status(LONG_AGO, LONG_AGO, BEFORE, None)),
        ({"activated": BEFORE, "deactivated": LONG_AGO}, Status(BEFORE, BEFORE, LONG_AGO, None)),
        ({"bounced": BEFORE}, Status(NOW, NOW, None, BEFORE)),
    ],
)
def test_who_is_new_has_the_status_that_is_said(said: dict[str, Said], expected: Status) -> None:
    assert status_of_new(given(**said), NOW) == expected


@pytest.mark.parametrize(
    ("before", "said", "expected"),
    [
        (ACTIVE, {}, ACTIVE),
        (ACTIVE, {"activated": None}, Status(LONG_AGO, None, NOW, None)),
        (ACTIVE, {"activated": BEFORE}, Status(LONG_AGO, BEFORE, None, None)),
        (ACTIVE, {"deactivated": NOW - 20 * DAY}, Status(LONG_AGO, LONG_AGO, NOW - 20 * DAY, None)),
        (ACTIVE, {"registered": BEFORE}, Status(BEFORE, LONG_AGO, None, None)),
        (ACTIVE, {"bounced": BEFORE}, BOUNCED),
        (PENDING, {"activated": None}, PENDING),
        (PENDING, {"activated": BEFORE}, Status(LONG_AGO, BEFORE, None, None)),
        (SIGNED_OFF, {"activated": NOW}, SIGNED_OFF),
        (SIGNED_OFF, {"activated": None}, SIGNED_OFF),
        (SIGNED_OFF, {"deactivated": LONG_AGO}, SIGNED_OFF),
        (SIGNED_OFF, {"deactivated": NOW}, Status(LONG_AGO, LONG_AGO, NOW, None)),
        (SIGNED_OFF, {"deactivated": None}, ACTIVE),
        (SIGNED_OFF, {"activated": NOW, "deactivated": None}, Status(LONG_AGO, NOW, None, None)),
        (SIGNED_OFF_BY_SHOP, {}, SIGNED_OFF_BY_SHOP),
        (SIGNED_OFF_BY_SHOP, {"activated": BEFORE}, SIGNED_OFF_BY_SHOP),
        (SIGNED_OFF_BY_SHOP, {"activated": BEFORE + HOUR}, Status(LONG_AGO, BEFORE + HOUR, None, None)),
        (SIGNED_OFF_BY_SHOP, {"activated": NOW, "deactivated": BEFORE}, SIGNED_OFF_BY_SHOP),
        (SIGNED_OFF_BY_SHOP, {"deactivated": None}, PENDING),
        (BOUNCED, {"bounced": None}, BOUNCED),
        (BOUNCED, {"activated": NOW, "deactivated": None, "bounced": None}, Status(LONG_AGO, NOW, None, BEFORE)),
    ],
)
def test_who_is_known_has_the_status_that_consent_allows(
    before: Status, said: dict[str, Said], expected: Status
) -> None:
    assert status_of_known(before, given(**said), NOW) == expected


def test_nobody_is_turned_active_who_signed_off_or_bounced_unless_that_is_asked_for() -> None:
    moments: list[Said] = [UNSAID, None, LONG_AGO, BEFORE, NOW, AFTER]
    turned = {
        (before, said)
        for before in (SIGNED_OFF, SIGNED_OFF_BY_SHOP, BOUNCED)
        for said in (GivenStatus(*each) for each in product(moments, repeat=4))
        if is_active(status_of_known(before, said, NOW))
    }
    assert {before for before, _said in turned} == {SIGNED_OFF, SIGNED_OFF_BY_SHOP}
    assert {said.deactivated for before, said in turned if before is SIGNED_OFF} == {None}
    alone = {said.activated for before, said in turned if before is SIGNED_OFF_BY_SHOP and said.deactivated is UNSAID}
    assert alone == {NOW, AFTER}
    assert {said.bounced for _before, said in turned} == {UNSAID, None}
