"""Recipients read, paged, deleted and found through the compatible interface, field by field."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recipients.models import Activity
from tests.factories import DAY, NOW, make_activity, make_recipient
from tests.recipients.compatible.client import EVENT, RECEIVER, WHOLE_RECEIVER, check_shape
from tests.recipients.compatible.shop import Shop, make_shop

pytestmark = pytest.mark.django_db
STAMP = int(NOW.timestamp())
GONE = {"status": "success"}
MISSING = {"status": "error", "message": "Not Found: invalid receiver"}


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def names(page: list[dict[str, Any]]) -> list[str]:
    return [one["email"].partition("@")[0] for one in page]


def anna_of(shop: Shop) -> dict[str, Any]:
    """What a list tells of Anna."""
    return {
        "id": str(shop.anna.id),
        "group_id": str(shop.group.pk),
        "email": "anna@laden.example",
        "imported": 0,
        "bounced": 0,
        "activated": STAMP,
        "registered": STAMP,
        "deactivated": 0,
        "source": "Laden laden",
        "last_ip": "",
        "last_location": "",
        "last_client": "",
        "points": 0,
        "stars": 0,
        "conversion_rate": 0,
        "open_rate": 0,
        "click_rate": 0,
        "active": True,
        "attributes": {"ort": "laden", "geburtstag": "", "anrede": ""},
        "global_attributes": {"punkte": "7"},
        "tags": ["shop.laden"],
    }


def test_a_receiver_has_every_member_and_every_field(shop: Shop) -> None:
    found = shop.client.get(shop.receivers(f"/{shop.anna.id}"))
    check_shape(found, WHOLE_RECEIVER)
    event = {
        "stamp": STAMP,
        "type": "api",
        "type_id": "opened",
        "value": "Betreff laden",
        "mailing_id": "0",
        "groups_id": str(shop.group.pk),
    }
    check_shape(found["events"][0], EVENT)
    assert found == {**anna_of(shop), "events": [event], "orders": []}


def test_a_page_leaves_out_what_it_is_not_asked_for(shop: Shop) -> None:
    first, *others = shop.client.get(shop.receivers())
    check_shape(first, RECEIVER)
    assert first == anna_of(shop)
    status = {
        one["email"][:5]: [one[name] for name in ("activated", "deactivated", "bounced", "active")] for one in others
    }
    assert status == {
        "bernd": [STAMP, STAMP + 86_400, 0, False],
        "clara": [0, 0, 0, False],
        "dora@": [STAMP, 0, STAMP + 86_400, False],
    }
    for detail, more in ((1, {"events"}), (2, {"orders"}), (4, set()), (7, {"events", "orders"})):
        (anna, *_others) = shop.client.get(shop.receivers(), detail=detail)
        assert set(anna) - set(RECEIVER) == more
    assert [len(one["events"]) for one in shop.client.get(shop.receivers(), detail=1)] == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"type": "all"}, ["anna", "bernd", "clara", "dora"]),
        ({"type": "active"}, ["anna"]),
        ({"type": "inactive"}, ["bernd", "clara"]),
        ({"type": "bounced"}, ["dora"]),
        ({"type": "bounce"}, ["dora"]),
        ({"email_list": "Clara@laden.example,fremd@x.example, dora@laden.example"}, ["clara", "dora"]),
        ({"order_by": "email desc", "pagesize": 2}, ["dora", "clara"]),
        ({"order_by": "id asc", "page": 1, "pagesize": 3}, ["dora"]),
        ({"order_by": "activated desc", "pagesize": 3, "page": 1}, ["clara"]),
        ({"page": 9}, []),
    ],
)
def test_a_page_is_chosen_by_the_query(shop: Shop, query: dict[str, Any], expected: list[str]) -> None:
    assert names(shop.client.get(shop.receivers(), **query)) == expected


def test_a_page_is_chosen_by_numbers(shop: Shop) -> None:
    asked = f"{shop.anna.id},{shop.recipient('dora').id},1"
    assert names(shop.client.get(shop.receivers(), id_list=asked)) == ["anna", "dora"]


@pytest.mark.parametrize("query", ["type=x", "order_by=values", "order_by=email+up", "page=-1", "page=x", "id_list=x"])
def test_a_query_that_means_nothing_is_refused(shop: Shop, query: str) -> None:
    code, message = shop.client.ask("GET", f"{shop.receivers()}?{query}").error
    assert (code, message) == (400, f"Bad Request: invalid {query.partition('=')[0]}")


def test_pages_lead_to_the_end_and_past_it_there_is_an_empty_one(shop: Shop) -> None:
    for number in range(5):
        make_recipient(shop.group, f"p{number}@laden.example")
    pages = list(shop.client.pages(str(shop.group.pk), 2))
    assert [len(page) for page in pages] == [2, 2, 2, 2, 1]
    assert [name for page in pages for name in names(page)] == shop.emails()


def test_a_page_holds_fifty_and_five_thousand_at_most(shop: Shop) -> None:
    for number in range(50):
        make_recipient(shop.group, f"p{number}@laden.example")
    assert len(shop.client.get(shop.receivers())) == 50
    assert len(shop.client.get(shop.receivers(), pagesize=99_999)) == 54


def test_a_page_asks_the_database_the_same_however_long_it_is(shop: Shop) -> None:
    counts = set()
    for more in range(3):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            shop.client.get(shop.receivers(), detail=7)
        counts.add(len(queries))
        for number in range(more + 1):
            made = make_recipient(shop.group, f"q{more}{number}@laden.example")
            make_activity(made, Activity.Kind.CLICKED, at=NOW + timedelta(hours=number))
    assert len(counts) == 1


def test_somebody_is_read_wherever_they_are(shop: Shop) -> None:
    path = f"receivers/{shop.email('anna')}"
    assert shop.client.get(path)["group_id"] == str(shop.group.pk)
    assert shop.client.get(path, group_id=shop.other_group.pk)["group_id"] == str(shop.other_group.pk)
    assert shop.client.get(f"receivers/{shop.anna.id}")["email"] == shop.email("anna")
    for wrong in ("receivers/niemand@laden.example", "receivers/1", shop.receivers("/kein"), shop.receivers("/1")):
        assert shop.client.ask("GET", wrong).error == (404, "Not Found: invalid receiver")


def test_the_lists_of_somebody(shop: Shop) -> None:
    path = f"receivers/{shop.email('anna')}/groups"
    assert [one["id"] for one in shop.client.get(path)] == [str(shop.group.pk), str(shop.other_group.pk)]
    shop.client.call("PUT", shop.receivers(f"/{shop.anna.id}/deactivate"))
    assert [one["id"] for one in shop.client.get(path, state="active")] == [str(shop.other_group.pk)]
    assert [one["id"] for one in shop.client.get(path, state="inactive")] == [str(shop.group.pk)]


def test_one_is_deleted_by_number_or_address(shop: Shop) -> None:
    assert shop.client.call("DELETE", shop.receivers(f"/{shop.anna.id}")) is True
    assert shop.client.call("DELETE", shop.receivers("/bernd%40laden.example"), []) is True
    assert shop.client.ask("DELETE", shop.receivers(f"/{shop.anna.id}")).error == (404, "Not Found: invalid receiver")
    assert (shop.emails(), shop.emails(shop.other_group)) == (["clara", "dora"], ["anna"])


def test_a_batch_is_deleted_and_each_row_answered(shop: Shop) -> None:
    rows = [shop.email("anna"), "niemand@laden.example", str(shop.recipient("dora").id), {"email": shop.email("clara")}]
    assert shop.client.call("POST", shop.receivers("/delete"), rows) == [GONE, MISSING, GONE, GONE]
    assert shop.emails() == ["bernd"]


def test_somebody_is_deleted_from_every_list(shop: Shop) -> None:
    given = {"receivers": [shop.email("anna"), "niemand@laden.example"]}
    assert shop.client.call("POST", "receivers/delete", given) == [GONE, MISSING]
    assert (shop.emails(), shop.emails(shop.other_group)) == (["bernd", "clara", "dora"], [])
    make_recipient(shop.other_group, shop.email("bernd"))
    assert shop.client.call("DELETE", f"receivers/{shop.email('bernd')}") is True
    assert (shop.emails(), shop.emails(shop.other_group)) == (["clara", "dora"], [])


def test_which_addresses_are_active(shop: Shop) -> None:
    asked = [shop.email("anna"), shop.email("bernd"), "niemand@laden.example"]
    assert shop.client.call("POST", "receivers/isvalid", {"emails": asked, "group_id": shop.group.pk}) == asked[:1]
    assert shop.client.call("POST", "receivers/isvalid", {"emails": asked, "invert": True}) == asked[1:]
    assert shop.client.ask("POST", "receivers/isvalid", {}).error == (400, "Bad Request: emails are missing")


def test_what_somebody_did_is_added_and_listed(shop: Shop) -> None:
    path = shop.receivers(f"/{shop.anna.id}/events")
    given = {"stamp": STAMP + 60, "type": "shop", "type_id": "clicked", "value": "https://example.org/"}
    assert shop.client.call("POST", path, given) is True
    found = shop.client.get(path)
    assert [(one["stamp"], one["type_id"], one["value"]) for one in found] == [
        (STAMP + 60, "clicked", "https://example.org/"),
        (STAMP, "opened", "Betreff laden"),
    ]
    for wrong in (
        {"type_id": "bought"},
        {"type_id": "opened", "stamp": "morgen"},
        {"type_id": "opened", "value": "x" * 301},
    ):
        assert shop.client.ask("POST", path, wrong).status == 400
    assert shop.client.get(shop.receivers(f"/{shop.anna.id}/orders")) == []


def test_tags_are_counted(shop: Shop) -> None:
    make_recipient(shop.other_group, tags=["shop.laden"], deactivated_at=NOW + DAY)
    assert shop.client.get("tags/count", tag="shop.laden") == 2
    assert shop.client.get("tags/count", tag="shop.laden", group_id=shop.group.pk) == 1
    assert shop.client.get("tags/count", tag="x") == 0
    assert shop.client.ask("GET", "tags/count").error == (400, "Bad Request: tag is missing")
