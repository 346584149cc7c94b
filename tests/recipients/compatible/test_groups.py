"""Lists through the compatible interface, field by field."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.tenancy import account_scope
from recipients.models import Group
from tests.factories import DAY, NOW, make_group
from tests.recipients.compatible.client import GROUP, STATS, check_shape
from tests.recipients.compatible.shop import Shop, make_shop

pytestmark = pytest.mark.django_db
STAMP = int(NOW.timestamp())


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def test_a_list_has_every_member(shop: Shop) -> None:
    found = shop.client.get(f"groups/{shop.group.pk}")
    check_shape(found, GROUP)
    assert found == {
        "id": str(shop.group.pk),
        "name": "Kunden laden",
        "locked": False,
        "backup": True,
        "receiver_info": "Aus laden",
        "stamp": STAMP,
        "last_mailing": 0,
        "last_changed": STAMP,
    }


def test_lists_come_in_the_order_that_is_asked_for(shop: Shop) -> None:
    make_group(shop.account, "Alt", created_at=NOW - DAY, changed_at=NOW + DAY)
    for order, names in (
        ("", ["Kunden laden", "Presse laden", "Alt"]),
        ("created ASC", ["Alt", "Kunden laden", "Presse laden"]),
        ("changed DESC", ["Alt", "Kunden laden", "Presse laden"]),
        ("changed ASC", ["Kunden laden", "Presse laden", "Alt"]),
    ):
        assert [one["name"] for one in shop.client.get("groups", order=order)] == names
    assert shop.client.ask("GET", "groups?order=x").error == (400, "Bad Request: invalid order")


def test_a_new_list_needs_a_name_and_nothing_else(shop: Shop) -> None:
    before = int(timezone.now().timestamp())
    found = shop.client.call("POST", "groups", {"name": " Shop "})
    check_shape(found, GROUP)
    assert (found["name"], found["locked"], found["backup"], found["receiver_info"]) == ("Shop", False, True, "")
    assert before <= found["stamp"] <= found["last_changed"]
    assert shop.client.get(f"groups/{found['id']}") == found
    wrong: list[Any] = [{}, {"name": ""}, {"name": " "}, {"name": "x" * 201}, {"name": []}, {"name": "a\0b"}, []]
    for body in wrong:
        assert shop.client.ask("POST", "groups", body).error == (400, "Bad Request: invalid name")


def test_a_new_list_takes_all_its_settings(shop: Shop) -> None:
    given = {"name": "Shop", "locked": True, "backup": False, "receiver_info": "Kasse"}
    found = shop.client.call("POST", "groups", given)
    assert {name: found[name] for name in given} == given


def test_what_is_left_out_of_a_change_stays(shop: Shop) -> None:
    path = f"groups/{shop.group.pk}"
    found = shop.client.call("PUT", path, {"name": "Andere"})
    assert (found["name"], found["receiver_info"], found["backup"]) == ("Andere", "Aus laden", True)
    found = shop.client.call("PUT", path, {"backup": 0, "receiver_info": ""})
    assert (found["name"], found["receiver_info"], found["backup"]) == ("Andere", "", False)
    assert shop.client.call("PUT", path, False) == found


def test_a_deleted_list_is_gone_at_once(shop: Shop) -> None:
    assert shop.client.call("DELETE", f"groups/{shop.group.pk}", []) is True
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/stats"), ("GET", "/receivers")):
        answer = shop.client.ask(method, f"groups/{shop.group.pk}{path}")
        assert answer.error == (404, "Not Found: invalid group")
    assert [one["name"] for one in shop.client.get("groups")] == ["Presse laden"]
    assert shop.emails() == []


def test_an_emptied_list_stays(shop: Shop) -> None:
    assert shop.client.call("DELETE", f"groups/{shop.group.pk}/clear") is True
    assert shop.client.get(f"groups/{shop.group.pk}/receivers") == []
    assert shop.client.get(f"groups/{shop.group.pk}/stats")["total_count"] == 0


def test_stats_are_the_figures_of_the_list(shop: Shop) -> None:
    now = int(timezone.now().timestamp())
    stats = shop.client.get(f"groups/{shop.group.pk}/stats")
    check_shape(stats, STATS)
    assert now <= stats.pop("time")
    assert stats == {
        "total_count": 4,
        "active_count": 1,
        "inactive_count": 2,
        "bounce_count": 1,
        "avg_points": 0.0,
        "quality": 0,
        "order_count": 0,
    }


def test_a_locked_list_can_be_read_and_unlocked_and_nothing_else(shop: Shop) -> None:
    with account_scope(shop.account.pk):
        Group.objects.update(locked=True)
    for method, path, body in (
        ("POST", shop.receivers("/upsert"), [{"email": shop.email("neu")}]),
        ("DELETE", shop.receivers(f"/{shop.anna.id}"), None),
        ("PUT", shop.receivers(f"/{shop.anna.id}/deactivate"), None),
        ("DELETE", f"groups/{shop.group.pk}", None),
        ("POST", f"groups/{shop.group.pk}/attributes", {"name": "farbe"}),
    ):
        assert shop.client.ask(method, path, body).error == (403, "Forbidden: group is locked")
    assert shop.client.call("PUT", f"groups/{shop.group.pk}", {"locked": False})["locked"] is False
    assert len(shop.emails()) == 4


@pytest.mark.parametrize("key", ["0", "x", "-1", "9" * 30, "1.5", "٣"])
def test_what_is_no_list_is_not_found(shop: Shop, key: str) -> None:
    assert shop.client.send("GET", f"/v3/groups/{key}", {"Authorization": f"Bearer {shop.secret}"}, b"").error == (
        404,
        "Not Found: invalid group",
    )
