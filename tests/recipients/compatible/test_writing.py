"""Recipients written through the compatible interface: values, tags, batches, conflicts, and consent as it is kept."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.tenancy import account_scope
from recipients.compatible.writing import tags_after
from recipients.erasing import erase_person
from recipients.models import Contact, Field, Group
from tests.factories import DAY, NOW, make_blocked, make_field, make_recipient
from tests.recipients.compatible.client import RECEIVER, WHOLE_RECEIVER, check_shape
from tests.recipients.compatible.shop import Shop, make_shop

pytestmark = pytest.mark.django_db
STAMP = int(NOW.timestamp())
A_DAY = int(DAY.total_seconds())


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def seconds_now() -> int:
    return int(timezone.now().timestamp())


def read(shop: Shop, name: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.client.get(shop.receivers(f"/{shop.email(name)}"))
    return found


# --- one new recipient ------------------------------------------------------------------------------------------------


def test_who_is_new_comes_in_with_all_that_is_given(shop: Shop) -> None:
    found = shop.client.call(
        "POST",
        shop.receivers(),
        {
            "email": " Emil@laden.example",
            "registered": STAMP,
            "activated": str(STAMP + 60),
            "source": "Kasse",
            "tags": ["shop.kunde", "shop.neu"],
            "attributes": {"ort": " Köln ", "geburtstag": "28.02.1990", "anrede": "Frau"},
            "global_attributes": {"punkte": "1.50"},
        },
    )
    check_shape(found, WHOLE_RECEIVER)
    told = {
        name: found[name] for name in ("email", "registered", "activated", "deactivated", "source", "tags", "active")
    }
    assert told == {
        "email": "emil@laden.example",
        "registered": STAMP,
        "activated": STAMP + 60,
        "deactivated": 0,
        "source": "Kasse",
        "tags": ["shop.kunde", "shop.neu"],
        "active": True,
    }
    assert found["attributes"] == {"ort": "Köln", "geburtstag": "1990-02-28", "anrede": "female"}
    assert found["global_attributes"] == {"punkte": "1.5"}
    assert found == read(shop, "emil")
    assert shop.recipient("emil").values == {"ort": "Köln", "geburtstag": "1990-02-28", "anrede": "female"}


def test_who_is_new_without_a_status_is_active_from_now_on(shop: Shop) -> None:
    before = seconds_now()
    found = shop.client.call("POST", shop.receivers(), {"email": shop.email("emil"), "attributes": [], "source": None})
    assert before <= found["registered"] == found["activated"] <= seconds_now()
    assert (found["deactivated"], found["active"]) == (0, True)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"activated": 0}, (0, 0, False)),
        ({"activated": False, "registered": STAMP}, (0, 0, False)),
        ({"registered": STAMP}, (0, 0, False)),
        ({"registered": STAMP, "deactivated": str(STAMP)}, (STAMP, STAMP, False)),
        ({"activated": STAMP, "deactivated": 0}, (STAMP, 0, True)),
    ],
)
def test_the_status_of_who_is_new_is_the_one_that_is_said(shop: Shop, said: dict[str, Any], expected: Any) -> None:
    found = shop.client.call("POST", shop.receivers(), {"email": shop.email("emil"), **said})
    assert (found["activated"], found["deactivated"], found["active"]) == expected


def test_who_is_in_the_list_already_cannot_be_made_again(shop: Shop) -> None:
    answer = shop.client.ask("POST", shop.receivers(), {"email": "Anna@Laden.example", "source": "x"})
    assert answer.error == (409, "Conflict: duplicate address 'anna@laden.example'")
    assert shop.recipient("anna").source == "Laden laden"


@pytest.mark.parametrize("email", ["kein", "", None, "a@b", "a\0@laden.example", 5])
def test_what_is_no_address_is_refused(shop: Shop, email: Any) -> None:
    code, message = shop.client.ask("POST", shop.receivers(), {"email": email}).error
    assert code == 400
    assert "invalid" in message
    assert len(shop.emails()) == 4


# --- batches ----------------------------------------------------------------------------------------------------------


def test_an_upsert_answers_each_row_in_its_order(shop: Shop) -> None:
    make_blocked(shop.account, "weg@laden.example")
    answer = shop.write(
        "upsert",
        {"email": shop.email("emil")},
        {"email": "kein"},
        {"email": shop.email("anna"), "attributes": {"ort": "Ulm"}},
        {"email": "weg@laden.example"},
        {"email": shop.email("bernd"), "attributes": {"geburtstag": "gestern"}},
        "Unsinn",
        {"email": "EMIL@laden.example", "source": "zweimal"},
    )
    assert [one if isinstance(one, str) else (one["email"][:4], one["status"]) for one in answer] == [
        ("emil", "insert success"),
        "invalid address 'kein'",
        ("anna", "update success"),
        "blocked address 'weg@laden.example'",
        "invalid value of attribute 'geburtstag' for address 'bernd@laden.example'",
        "invalid receiver",
        ("emil", "update success"),
    ]
    check_shape({name: value for name, value in answer[0].items() if name != "status"}, RECEIVER)
    assert answer[0]["source"] == answer[6]["source"] == "zweimal"
    assert answer[2]["attributes"]["ort"] == "Ulm"


def test_an_insert_takes_only_new_ones_and_an_update_only_known_ones(shop: Shop) -> None:
    rows = [{"email": shop.email("anna"), "source": "x"}, {"email": shop.email("emil"), "source": "x"}]
    inserted = shop.write("insert", *rows)
    assert (inserted[0], inserted[1]["status"]) == ("duplicate address 'anna@laden.example'", "insert success")
    rows[1]["email"] = shop.email("frida")
    updated = shop.write("update", *rows)
    assert (updated[0]["status"], updated[1]) == ("update success", "invalid receiver 'frida@laden.example'")
    assert shop.emails() == ["anna", "bernd", "clara", "dora", "emil"]


def test_a_list_may_be_posted_where_one_is_meant(shop: Shop) -> None:
    answer = shop.client.call("POST", shop.receivers(), [{"email": shop.email("emil")}, {"email": shop.email("anna")}])
    assert (answer[0]["email"], answer[1]) == (shop.email("emil"), "duplicate address 'anna@laden.example'")


def test_rows_may_name_a_number_instead_of_an_address(shop: Shop) -> None:
    (done,) = shop.write("update", {"id": str(shop.anna.id), "source": "x"})
    assert (done["email"], done["source"]) == (shop.email("anna"), "x")
    assert shop.write("update", {"id": "1"}) == ["invalid receiver '1'"]


def test_what_a_row_leaves_out_stays_and_an_empty_value_goes(shop: Shop) -> None:
    shop.write("upsert", {"email": shop.email("anna"), "attributes": {"anrede": "m"}})
    shop.write(
        "upsert",
        {"email": shop.email("anna"), "attributes": {"ort": ""}},
        {"email": shop.email("bernd"), "attributes": {"ort": "Ulm"}, "source": ""},
    )
    anna, bernd = read(shop, "anna"), read(shop, "bernd")
    assert anna["attributes"] == {"ort": "", "geburtstag": "", "anrede": "male"}
    assert (anna["source"], anna["tags"], anna["global_attributes"]) == ("Laden laden", ["shop.laden"], {"punkte": "7"})
    assert (bernd["attributes"]["ort"], bernd["deactivated"]) == ("Ulm", STAMP + A_DAY)


def test_an_empty_batch_is_answered_by_an_empty_one(shop: Shop) -> None:
    assert shop.write("upsert") == []


def test_the_same_again_changes_nothing(shop: Shop) -> None:
    row = {"email": shop.email("anna"), "attributes": {"ort": "Ulm"}, "tags": ["a.b"]}
    shop.write("upsertplus", row)
    with account_scope(shop.account.pk):
        before = Group.objects.get(pk=shop.group.pk).revision
    shop.write("upsertplus", row)
    with account_scope(shop.account.pk):
        assert Group.objects.get(pk=shop.group.pk).revision == before


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"Ort Laden": "Ulm"}, {"ort": "Ulm"}),
        ({"ORT": 5}, {"ort": "5"}),
        ("ort:Ulm,anrede:w", {"ort": "Ulm", "anrede": "female"}),
        ({"gibt_es_nicht": "x", "ort": "Ulm"}, {"ort": "Ulm"}),
        ({"geburtstag": "1990-02-28 10:00:00"}, {"ort": "laden", "geburtstag": "1990-02-28"}),
        ({"geburtstag": "0000-00-00"}, {"ort": "laden"}),
        ({"punkte": "12,5"}, {"ort": "laden"}),
        (None, {"ort": "laden"}),
    ],
)
def test_values_are_taken_in_many_spellings(shop: Shop, attributes: Any, expected: dict[str, str]) -> None:
    (done,) = shop.write("upsert", {"email": shop.email("anna"), "attributes": attributes})
    assert {name: value for name, value in done["attributes"].items() if value} == expected
    points = "12.5" if attributes == {"punkte": "12,5"} else "7"
    assert done["global_attributes"] == {"punkte": points}


def test_a_signed_text_is_a_step_and_a_number_is_the_number(shop: Shop) -> None:
    def points(value: Any) -> str:
        (done,) = shop.write("upsert", {"email": shop.email("anna"), "global_attributes": {"punkte": value}})
        return str(done["global_attributes"]["punkte"])

    assert [points(value) for value in ("+3", "-1.5", -2, "+0.1", "8")] == ["10", "8.5", "-2", "-1.9", "8"]
    done = shop.write("upsertplus", *[{"email": shop.email("anna"), "global_attributes": {"punkte": "+1"}}] * 3)
    assert done[0]["global_attributes"] == {"punkte": "11"}
    (new,) = shop.write("upsert", {"email": shop.email("emil"), "global_attributes": {"punkte": "+1"}})
    assert new["global_attributes"] == {"punkte": "1"}


def test_one_value_is_set_alone(shop: Shop) -> None:
    receiver = shop.receivers(f"/{shop.anna.id}")
    assert shop.client.call("PUT", f"{receiver}/attributes/{shop.city.pk}", {"value": "Ulm"}) is True
    assert (
        shop.client.call("PUT", f"receivers/{shop.email('anna')}/attributes/{shop.points.pk}", {"value": "+1"}) is True
    )
    anna = read(shop, "anna")
    assert (anna["attributes"]["ort"], anna["global_attributes"]) == ("Ulm", {"punkte": "8"})
    foreign = make_field(shop.account, "Ressort", group=shop.other_group)
    for attribute in (foreign.pk, 1):
        answer = shop.client.ask("PUT", f"{receiver}/attributes/{attribute}", {"value": "x"})
        assert answer.error == (404, "Not Found: invalid attribute")
    answer = shop.client.ask("PUT", f"receivers/{shop.email('anna')}/attributes/{shop.points.pk}", {"value": "viel"})
    assert answer.status == 400


# --- tags -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "replaces", "expected"),
    [
        (["c"], False, ("shop.a", "shop.b", "x", "c")),
        (["-x", "x"], False, ("shop.a", "shop.b", "x")),
        (["-shop.*", "y"], False, ("x", "y")),
        (["-nichts"], False, ("shop.a", "shop.b", "x")),
        (["c"], True, ("c",)),
        ([], True, ()),
        (["-x", "c"], True, ("shop.a", "shop.b", "c")),
    ],
)
def test_tags_are_added_and_taken_away(given: list[str], *, replaces: bool, expected: tuple[str, ...]) -> None:
    assert tags_after(["shop.a", "shop.b", "x"], given, replaces=replaces) == expected


def test_an_upsert_adds_tags_and_a_put_replaces_them(shop: Shop) -> None:
    shop.write("upsertplus", {"email": shop.email("anna"), "tags": ["shop.neu", "-shop.laden"]})
    assert read(shop, "anna")["tags"] == ["shop.neu"]
    assert shop.client.call("PUT", shop.receivers(f"/{shop.anna.id}"), {"tags": ["a", "b"]})["tags"] == ["a", "b"]
    assert shop.client.call("POST", shop.receivers(f"/{shop.anna.id}/tags"), {"tags": ["c", "-a"]}) == ["c"]
    assert read(shop, "anna")["tags"] == ["b", "c"]
    assert shop.client.call("POST", f"receivers/{shop.email('anna')}/tags", {"tags": "d"}) == ["d"]
    assert (shop.recipient("anna").tags, shop.recipient("anna", shop.other_group).tags) == (["b", "c", "d"], ["d"])


# --- one known recipient ----------------------------------------------------------------------------------------------


def test_a_change_gives_somebody_another_address(shop: Shop) -> None:
    path = shop.receivers(f"/{shop.anna.id}")
    found = shop.client.call("PUT", path, {"email": "Anna.Neu@laden.example", "attributes": {"ort": "Ulm"}})
    assert (found["id"], found["email"], found["attributes"]["ort"]) == (
        str(shop.anna.id),
        "anna.neu@laden.example",
        "Ulm",
    )
    make_blocked(shop.account, "weg@laden.example")
    for email, error in (
        (shop.email("bernd"), (409, "Conflict: duplicate address")),
        ("weg@laden.example", (400, "Bad Request: blocked address")),
        ("kein", (400, "Bad Request: invalid address")),
    ):
        assert shop.client.ask("PUT", path, {"email": email, "source": "x"}).error == error
    assert shop.client.get(path)["source"] == "Laden laden"


def test_a_change_of_nothing_answers_with_the_receiver(shop: Shop) -> None:
    path = shop.receivers(f"/{shop.anna.id}")
    assert shop.client.call("PUT", path, False) == shop.client.get(path)


# --- consent ----------------------------------------------------------------------------------------------------------


def test_nobody_is_turned_active_by_an_upsert_alone(shop: Shop) -> None:
    rows = [{"email": shop.email(name), "activated": seconds_now()} for name in ("bernd", "dora")]
    assert [one["active"] for one in shop.write("upsert", *rows)] == [False, False]
    with account_scope(shop.account.pk):
        assert Group.objects.get(pk=shop.group.pk).active_count == 1


def test_a_sign_off_is_taken_back_by_saying_so_and_a_bounce_is_not(shop: Shop) -> None:
    rows = [{"email": shop.email(name), "activated": seconds_now(), "deactivated": 0} for name in ("bernd", "dora")]
    assert [(one["active"], one["deactivated"]) for one in shop.write("upsert", *rows)] == [(True, 0), (False, 0)]


def test_a_shop_signs_off_and_on_by_activated(shop: Shop) -> None:
    (off,) = shop.write("upsert", {"email": shop.email("anna"), "activated": 0})
    assert (off["active"], off["activated"]) == (False, 0)
    assert off["deactivated"] > 0
    (still,) = shop.write("upsert", {"email": shop.email("anna"), "activated": off["deactivated"] - 9})
    assert still["active"] is False
    (on,) = shop.write("upsert", {"email": shop.email("anna"), "activated": off["deactivated"] + 9})
    assert (on["active"], on["deactivated"]) == (True, 0)


def test_activate_and_deactivate_do_what_they_say(shop: Shop) -> None:
    for name in ("bernd", "clara", "dora"):
        assert shop.client.call("PUT", shop.receivers(f"/{shop.email(name)}/activate")) is True
        found = read(shop, name)
        assert (found["active"], found["deactivated"], found["bounced"]) == (True, 0, 0)
        assert shop.client.call("PUT", shop.receivers(f"/{shop.email(name)}/setinactive")) is True
        assert read(shop, name)["active"] is False


def test_who_is_blocked_is_neither_written_nor_activated(shop: Shop) -> None:
    make_blocked(shop.account, shop.email("bernd"))
    assert shop.write("upsert", {"email": shop.email("bernd"), "deactivated": 0}) == [
        "blocked address 'bernd@laden.example'"
    ]
    answer = shop.client.ask("PUT", shop.receivers(f"/{shop.email('bernd')}/activate"))
    assert answer.error == (400, "Bad Request: blocked address")
    assert shop.recipient("bernd").deactivated_at == NOW + DAY


def test_who_was_erased_does_not_come_in_by_any_way(shop: Shop) -> None:
    with account_scope(shop.account.pk, user_id=shop.owner.pk):
        erase_person(account=shop.account, email=shop.email("bernd"), actor=shop.owner, now=timezone.now())
    row = {"email": shop.email("bernd"), "activated": seconds_now(), "deactivated": 0}
    for way in ("insert", "upsert", "upsertplus"):
        assert shop.write(way, row) == ["blocked address 'bernd@laden.example'"]
    assert shop.client.ask("POST", shop.receivers(), row).status == 400
    answer = shop.client.ask("PUT", shop.receivers(f"/{shop.anna.id}"), {"email": shop.email("bernd")})
    assert answer.error == (400, "Bad Request: blocked address")
    assert shop.emails() == ["anna", "clara", "dora"]


# --- fields -----------------------------------------------------------------------------------------------------------


def test_an_account_wide_value_of_another_list_stays_when_somebody_comes_in(shop: Shop) -> None:
    make_recipient(shop.other_group, shop.email("emil"))
    with account_scope(shop.account.pk):
        Contact.objects.create(account=shop.account, email=shop.email("emil"), values={"punkte": 3})
    (done,) = shop.write("upsert", {"email": shop.email("emil"), "global_attributes": {"punkte": "9"}})
    assert done["global_attributes"] == {"punkte": "3"}


def test_a_field_that_goes_takes_its_values(shop: Shop) -> None:
    assert shop.client.call("DELETE", f"attributes/{shop.city.pk}") is True
    assert "ort" not in read(shop, "anna")["attributes"]
    with account_scope(shop.account.pk):
        assert not Field.objects.filter(pk=shop.city.pk).exists()
