"""Which recipients go: the ticked ones, or all that a search and a status find; nobody else is touched."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tenancy import account_scope
from recipients.listing import Choice, Status
from recipients.models import Deletion, Recipient
from tests.factories import NOW, make_recipient
from tests.faults.rows import rows_of
from tests.recipients.deletion_scene import (
    PEOPLE,
    Scene,
    make_scene,
)
from tests.recipients.deletions import (
    ask_to_delete_recipients,
    carry_out,
    step,
    without,
)
from tests.recipients.masterdata.model import Row
from tests.runs import take_pending


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


# --- which recipients ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "gone"),
    [
        (Choice(search="ann"), {"anna@example.org", "annika@example.org"}),
        (Choice(search="ann", inside=True), {"anna@example.org", "annika@example.org", "joanna@example.org"}),
        (Choice(search="ann", status=Status.ACTIVE), {"anna@example.org"}),
        (Choice(status=Status.INACTIVE), {"annika@example.org", "bernd@example.com"}),
        (Choice(status=Status.BOUNCED), {"carla@example.com"}),
        (Choice(status=Status.ACTIVE), {"anna@example.org", "joanna@example.org"}),
        (Choice(search="nobody"), set()),
        (Choice(search="%"), set()),
        # Where the person stood in the table is no part of what they chose.
        (Choice(search="ann", after="anna@example.org"), {"anna@example.org", "annika@example.org"}),
    ],
)
def test_all_that_match_go_and_nobody_else(scene: Scene, choice: Choice, gone: set[str]) -> None:
    done = carry_out(ask_to_delete_recipients(scene.group, scene.editor, choice=choice), scene.group)
    assert (done.status, done.recipient_count) == (Deletion.Status.DONE, len(gone))
    assert scene.rows() == {
        scene.group.pk: without(scene.before[scene.group.pk], gone.__contains__),
        scene.other.pk: scene.before[scene.other.pk],
    }


def test_who_matches_when_it_is_carried_out_goes(scene: Scene) -> None:
    deletion = ask_to_delete_recipients(scene.group, scene.editor, choice=Choice(status=Status.BOUNCED))
    with account_scope(scene.account.pk):
        Recipient.objects.filter(email="carla@example.com").update(bounced_at=None)
    make_recipient(scene.group, "dora@example.org", bounced_at=NOW)
    take_pending(scene.group)
    step(deletion)
    done = carry_out(deletion, scene.group)
    assert (done.status, done.recipient_count) == (Deletion.Status.DONE, 1)
    assert "dora@example.org" not in rows_of(scene.group)
    assert "carla@example.com" in rows_of(scene.group)


def test_a_recipient_of_another_list_is_not_among_the_ticked(scene: Scene) -> None:
    with account_scope(scene.account.pk):
        foreign = Recipient.objects.get(group=scene.other, email="zoe@example.org").id
    deletion = ask_to_delete_recipients(scene.group, scene.editor, emails=["anna@example.org"])
    with account_scope(scene.account.pk):
        Deletion.objects.update(selection={"ids": [*deletion.selection["ids"], foreign]})
    carry_out(deletion, scene.group)
    assert rows_of(scene.other) == scene.before[scene.other.pk]


def test_an_ended_deletion_forgets_what_was_searched_for(scene: Scene) -> None:
    deletion = ask_to_delete_recipients(scene.group, scene.editor, choice=Choice(search="anna@example.org"))
    assert deletion.selection == {"status": "all", "search": "anna@example.org", "inside": False}
    assert carry_out(deletion, scene.group).selection == {}


def matches(row: Row, choice: Choice) -> bool:
    """Whether a choice finds a recipient, in plain Python."""
    email: str = row["email"]
    if row["bounced_at"]:
        status = Status.BOUNCED
    else:
        status = Status.ACTIVE if row["activated_at"] and not row["deactivated_at"] else Status.INACTIVE
    found = choice.search in email if choice.inside else email.startswith(choice.search)
    return found and choice.status in (Status.ALL, status)


choices = st.builds(
    Choice, status=st.sampled_from(Status), search=st.sampled_from(["", "a", "ann", "o", "b"]), inside=st.booleans()
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from([*PEOPLE, "nobody@example.org"]), unique=True) | choices)
def test_what_is_not_chosen_stays_untouched(scene: Scene, chosen: list[str] | Choice) -> None:
    """Over and over on the same list, in which whoever went has a place again before the next example."""
    before = scene.rows()
    rows = before[scene.group.pk]
    if isinstance(chosen, Choice):
        gone = {email for email, row in rows.items() if matches(row, chosen)}
        deletion = ask_to_delete_recipients(scene.group, scene.editor, choice=chosen)
    else:
        gone = rows.keys() & set(chosen)
        deletion = ask_to_delete_recipients(scene.group, scene.editor, emails=chosen)
    done = carry_out(deletion, scene.group)
    assert (done.status, done.recipient_count) == (Deletion.Status.DONE, len(gone))
    assert scene.rows() == {
        scene.group.pk: without(rows, gone.__contains__),
        scene.other.pk: before[scene.other.pk],
    }
    for email in gone:
        make_recipient(scene.group, email, **PEOPLE[email])
