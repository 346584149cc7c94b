"""Fields and the block list through the compatible interface, member by member."""

import pytest

from tests.factories import NOW, make_field
from tests.recipients.compatible.client import ATTRIBUTE, BLOCKED, check_shape
from tests.recipients.compatible.shop import Shop, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def test_a_field_has_every_member(shop: Shop) -> None:
    (found,) = shop.client.get("attributes")
    check_shape(found, ATTRIBUTE)
    assert found == {
        "id": shop.points.pk,
        "groups_id": 0,
        "name": "punkte",
        "description": "Punkte laden",
        "preview_value": "",
        "type": "number",
        "value": None,
        "tag": "{PUNKTE}",
    }
    for empty in ("", "0"):
        assert shop.client.get("attributes", group_id=empty) == [found]


def test_the_fields_of_a_list_are_apart_from_the_account_wide_ones(shop: Shop) -> None:
    found = shop.client.get("attributes", group_id=shop.group.pk)
    assert [(one["name"], one["type"], one["groups_id"]) for one in found] == [
        ("ort", "text", shop.group.pk),
        ("geburtstag", "date", shop.group.pk),
        ("anrede", "gender", shop.group.pk),
    ]
    assert shop.client.get(f"groups/{shop.group.pk}/attributes") == found
    assert shop.client.get(f"groups/{shop.other_group.pk}/attributes") == []


def test_a_new_field_goes_by_the_name_that_was_given(shop: Shop) -> None:
    given = {"name": "firstname", "type": "text", "description": "Vorname", "preview_value": "Max", "default_value": ""}
    everywhere = shop.client.call("POST", "attributes", given)
    check_shape(everywhere, ATTRIBUTE)
    told = {name: everywhere[name] for name in ("groups_id", "name", "description", "tag")}
    assert told == {"groups_id": 0, "name": "firstname", "description": "Vorname", "tag": "{FIRSTNAME}"}
    for group in (shop.group, shop.other_group):
        own = shop.client.call("POST", "attributes", {"name": "Farbe", "type": "text", "groups_id": group.pk})
        assert (own["name"], own["description"], own["groups_id"]) == ("farbe", "Farbe", group.pk)


def test_a_description_that_is_taken_gives_way_to_the_name(shop: Shop) -> None:
    given = {"name": "city", "type": "text", "description": "Ort laden"}
    found = shop.client.call("POST", f"groups/{shop.group.pk}/attributes", given)
    assert (found["name"], found["description"]) == ("city", "city")


@pytest.mark.parametrize("name", ["ort", "Ort", "email", "tags"])
def test_a_field_that_exists_is_a_conflict(shop: Shop, name: str) -> None:
    answer = shop.client.ask("POST", f"groups/{shop.group.pk}/attributes", {"name": name, "type": "text"})
    assert answer.error == (409, "Conflict: attribute exists")


def test_a_field_without_a_name_or_of_an_unknown_type_is_refused(shop: Shop) -> None:
    for body, error in (({}, "name"), ({"name": " "}, "name"), ({"name": "x", "type": "file"}, "type")):
        assert shop.client.ask("POST", "attributes", body).error == (400, f"Bad Request: invalid {error}")
    for number in range(41):
        make_field(shop.account, f"F{number}", group=shop.group)
    answer = shop.client.ask("POST", "attributes", {"name": "mehr", "type": "text"})
    assert answer.error == (409, "Conflict: too many attributes")


def test_a_field_is_renamed_and_keeps_the_name_that_values_go_by(shop: Shop) -> None:
    path = f"attributes/{shop.city.pk}"
    assert shop.client.call("PUT", path, {"description": "Stadt"})["description"] == "Stadt"
    found = shop.client.call("PUT", path, {"name": "Wohnort"})
    assert (found["name"], found["description"]) == ("ort", "Wohnort")
    assert shop.client.call("PUT", path, {"name": "ort"}) == found
    assert shop.client.ask("PUT", path, {"description": "Anrede"}).error == (409, "Conflict: attribute exists")
    assert shop.client.ask("PUT", "attributes/1", {"name": "x"}).error == (404, "Not Found: invalid attribute")


def test_a_field_is_deleted(shop: Shop) -> None:
    assert shop.client.call("DELETE", f"attributes/{shop.points.pk}") is True
    assert shop.client.get("attributes") == []
    assert shop.client.ask("DELETE", f"attributes/{shop.points.pk}").error == (404, "Not Found: invalid attribute")


def test_an_entry_of_the_block_list_has_every_member(shop: Shop) -> None:
    (found,) = shop.client.get("blacklist")
    check_shape(found, BLOCKED)
    stamp = int(NOW.timestamp())
    assert found == {"email": "*@spam.laden.example", "comment": "", "stamp": stamp, "isLocked": False}
    assert shop.client.get("blacklist/*@spam.laden.example") == found


def test_addresses_are_blocked_and_let_go(shop: Shop) -> None:
    one = shop.client.call("POST", "blacklist", {"email": "Weg@laden.example", "comment": "bat darum"})
    check_shape(one, BLOCKED)
    assert one["email"] == "weg@laden.example"
    more = shop.client.call("POST", "blacklist", [{"email": "b@laden.example"}, {"email": "a@laden.example"}])
    assert [each["email"] for each in more] == ["b@laden.example", "a@laden.example"]
    assert shop.client.call("DELETE", "blacklist/weg%40laden.example") is True
    assert shop.client.ask("GET", "blacklist/weg@laden.example").error == (404, "Not Found: invalid email")
    assert shop.client.ask("DELETE", "blacklist/weg@laden.example").error == (404, "Not Found: invalid email")
    assert [each["email"] for each in shop.client.get("blacklist", page=1, pagesize=2)] == ["b@laden.example"]


def test_a_put_that_changes_nothing_is_a_conflict(shop: Shop) -> None:
    assert shop.client.call("PUT", "blacklist", {"email": "weg@laden.example"})["email"] == "weg@laden.example"
    for path in ("blacklist", "blacklist/weg@laden.example"):
        answer = shop.client.ask("PUT", path, {"email": "weg@laden.example", "comment": "x"})
        assert answer.error == (409, "Conflict: unchanged")


def test_which_addresses_are_not_blocked(shop: Shop) -> None:
    asked = ["frei@laden.example", "X@spam.laden.example"]
    assert shop.client.call("POST", "blacklist/validate", {"emails": asked}) == asked[:1]
    assert shop.client.ask("POST", "blacklist/validate", {}).error == (400, "Bad Request: emails are missing")


@pytest.mark.parametrize("email", ["", "kein mensch", "*", "a@b", None])
def test_what_is_no_entry_is_refused(shop: Shop, email: str | None) -> None:
    assert shop.client.ask("POST", "blacklist", {"email": email}).error == (400, "Bad Request: invalid address")
