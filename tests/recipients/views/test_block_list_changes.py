"""Block lists extended and shortened on their pages."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from accounts.tenancy import account_scope
from recipients.blocking_form import MOST_ENTRIES
from recipients.models import BlockedAddress, Group
from recipients.services.blocking import MAX_OTHER_PATTERNS
from tests.factories import make_account, make_blocked, make_group, make_member, make_user, sign_in
from tests.page_content import errors, notices, read, rows
from tests.recipients.views.block_lists import removal_url, shown, url

pytestmark = pytest.mark.django_db

both = pytest.mark.parametrize("in_list", [True, False])


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account, "Kunden")


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account, user=make_user("anna@example.org", first_name="Anna", last_name="Berger")))


def patterns(account: Account) -> list[tuple[str, int | None]]:
    with account_scope(account.pk):
        return list(BlockedAddress.objects.order_by("pattern", "group_id").values_list("pattern", "group_id"))


def text_of(response: Any) -> str:
    return read(response).all("main")[0].text


@both
def test_lines_and_commas_and_semicolons_part_what_is_blocked(
    client: Client, account: Account, group: Group, *, in_list: bool
) -> None:
    text = " Spam@Example.org \r\n\r\n*@example.net,info@*;\tspam@example.org\nexample.com"
    response = client.post(url(group, in_list=in_list), {"entries": text}, follow=True)

    where = group.pk if in_list else None
    assert response.redirect_chain == [(url(group, in_list=in_list), 302)]
    assert notices(response) == ["4 entries have been added."]
    assert patterns(account) == [
        ("*@example.com", where),
        ("*@example.net", where),
        ("info@*", where),
        ("spam@example.org", where),
    ]
    assert {row[3] for row in rows(response)} == {"Anna Berger"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("example.com", "“*@example.com” is blocked from now on."),
        ("a@example.org", "“a@example.org” is blocked already."),
        ("a@example.org b@example.org".replace(" ", "\n"), "All of these are blocked already."),
        ("a@example.org,c@example.org", "1 entry has been added. 1 is blocked already."),
        ("a@example.org,b@example.org,c@example.org,d@example.org", "2 entries have been added. 2 are blocked already"),
    ],
)
def test_the_page_says_what_has_been_added(
    client: Client, account: Account, group: Group, text: str, sentence: str
) -> None:
    for pattern in ("a@example.org", "b@example.org"):
        make_blocked(account, pattern, group=group)

    (notice,) = notices(client.post(url(group), {"entries": text}, follow=True))

    assert notice.startswith(sentence)


@both
def test_what_is_no_pattern_stays_in_the_form_and_the_rest_is_blocked(
    client: Client, account: Account, group: Group, *, in_list: bool
) -> None:
    text = f"a@example.org\na b@example.org\n*@*;hello\n{'x' * 300}\na\x07b@*"
    response = client.post(url(group, in_list=in_list), {"entries": text})

    assert (response.status_code, notices(response)) == (422, ["“a@example.org” is blocked from now on."])
    assert errors(response) == [
        "“a b@example.org” has blanks in it.",
        "“*@*” would block everybody.",
        "“hello” blocks nobody: no e-mail address looks like that.",
        f"“{'x' * 60}…” is too long: at most 254 characters can be stored.",
        "“a\x07b@*” has a character in it that cannot be stored.",
    ]
    (box,) = read(response).all("textarea")
    assert "".join(str(part) for part in box.content).strip().split("\n") == [
        "a b@example.org",
        "*@*",
        "hello",
        "x" * 300,
        "a\x07b@*",
    ]
    assert [pattern for pattern, _ in patterns(account)] == ["a@example.org"]


def test_only_the_first_of_many_refusals_are_told_one_by_one(client: Client, group: Group) -> None:
    response = client.post(url(group), {"entries": ",".join(f"wort{number}" for number in range(13))})

    assert errors(response)[-2:] == [
        "“wort9” blocks nobody: no e-mail address looks like that.",
        "3 more entries are refused.",
    ]
    assert (len(errors(response)), notices(response)) == (11, [])


@pytest.mark.parametrize("text", ["", " ,;\n"])
def test_nothing_typed_is_asked_for(client: Client, account: Account, group: Group, text: str) -> None:
    response = client.post(url(group), {"entries": text})

    assert (response.status_code, errors(response)) == (422, ["This field is required."])


def test_a_hundred_thousand_lines_are_taken_at_once(client: Client, account: Account, group: Group) -> None:
    lines = [f"person{number}@example.org" for number in range(MOST_ENTRIES + 1)]

    too_many = client.post(url(group), {"entries": "\n".join(lines)})
    response = client.post(url(group), {"entries": "\n".join(lines[1:])}, follow=True)

    assert (too_many.status_code, errors(too_many)) == (
        422,
        ["These are 100,001 entries, and at most 100,000 can be added at once. None has been added."],
    )
    assert notices(response) == ["100,000 entries have been added."]
    assert "100,000 entries" in text_of(response)


def test_too_many_patterns_that_are_tried_one_by_one_are_refused(
    client: Client, account: Account, group: Group
) -> None:
    text = "\n".join(f"spam{number}@*" for number in range(MAX_OTHER_PATTERNS + 1))
    response = client.post(url(group), {"entries": text})

    sentence = (
        "A block list can have at most 1,000 patterns such as info@* or *spam*. None of the entries has been added. "
        "Of addresses and domains it can have any number."
    )
    assert (response.status_code, errors(response), patterns(account)) == (422, [sentence], [])


@both
def test_ticked_entries_are_removed(client: Client, account: Account, group: Group, *, in_list: bool) -> None:
    where = group if in_list else None
    for pattern in ("a@example.org", "b@example.org", "c@example.org"):
        make_blocked(account, pattern, group=where)
    make_blocked(account, "a@example.org", group=None if in_list else group)

    response = client.post(
        removal_url(group, in_list=in_list), {"pattern": ["a@example.org", "b@example.org"]}, follow=True
    )

    assert response.redirect_chain == [(url(group, in_list=in_list), 302)]
    assert (notices(response), shown(response)) == (["2 entries have been removed."], ["c@example.org"])
    assert len(patterns(account)) == 2


@pytest.mark.parametrize(
    ("ticked", "sentence"),
    [
        (["a@example.org"], "“a@example.org” is no longer blocked."),
        ([], "Tick the entries that you want to remove."),
        (["gone@example.org"], "0 entries have been removed."),
        (["nul\x00@example.org"], "Tick the entries that you want to remove."),
    ],
)
def test_the_page_says_what_has_been_removed(
    client: Client, account: Account, group: Group, ticked: list[str], sentence: str
) -> None:
    make_blocked(account, "a@example.org", group=group)

    assert notices(client.post(removal_url(group), {"pattern": ticked}, follow=True)) == [sentence]


def test_after_a_removal_the_search_stands_as_before(client: Client, account: Account, group: Group) -> None:
    for pattern in ("a@example.org", "b@example.org", "a@example.net"):
        make_blocked(account, pattern, group=group)

    page = read(client.get(url(group), {"q": "example.org"}))
    (form,) = [form for form in page.all("form") if form.attributes.get("action") == removal_url(group)]
    (kept,) = [entry.attributes["value"] for entry in form.all("input") if entry.attributes["name"] == "q"]
    response = client.post(removal_url(group), {"pattern": "a@example.org", "q": kept}, follow=True)

    assert (response.redirect_chain, shown(response)) == (
        [(f"{url(group)}?q=example.org", 302)],
        ["b@example.org"],
    )


def test_a_locked_list_shows_its_entries_and_takes_no_change(client: Client, account: Account) -> None:
    group = make_group(account, locked=True)
    make_blocked(account, "a@example.org", group=group)
    locked = "This list is locked against changes. Unlock it under Settings > General, then try again."

    page = client.get(url(group))
    added = client.post(url(group), {"entries": "b@example.org"})
    removed = client.post(removal_url(group), {"pattern": "a@example.org"}, follow=True)

    assert (shown(page), read(page).all("textarea")) == (["a@example.org"], [])
    assert (added.status_code, locked in notices(removed)) == (422, True)
    assert [pattern for pattern, _ in patterns(account)] == ["a@example.org"]
