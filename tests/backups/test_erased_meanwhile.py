"""Who was erased is seen nowhere, whenever in the course of a look at a backup its file is written anew.

The erasure has begun before; its job ends before or after each statement of the look in turn. What was kept of earlier
looks still holds the person.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from backups.comparisons import make_comparison
from backups.models import Backup, Erasure, Export
from backups.restoring import describe, prepare_restore
from imports.restoring import Way, Wish
from recipients.models import Group, Recipient
from tests.backups.catalogue import take_backup_of
from tests.backups.erasures import PERSON, advance, content_of, erase, told_in_files
from tests.backups.moments import Moment, doing_at, moments
from tests.backups.restores import previewed
from tests.backups.test_viewing import no_kept_files  # noqa: F401 - used by its name
from tests.factories import (
    make_account,
    make_blocked,
    make_field,
    make_group,
    make_member,
    make_recipient,
    sign_in,
)

pytestmark = pytest.mark.usefixtures("committed_db", "storage", "no_kept_files")

BOB = "bob@example.org"
"""In the list at the first backup, unsubscribed at the second, deleted since."""
FEWEST = 2  # statements about backups that each look makes at least; else a test would have tried nothing


@dataclass(frozen=True)
class Scene:
    """Two backups of a list that has changed since the second one."""

    account: Account
    owner: User
    group: Group
    first: Backup
    second: Backup
    client: Client
    folder: Path


Look = Callable[[Scene], str]


def make_scene(folder: Path) -> Scene:
    account = make_account()
    owner = make_member(account)
    group = make_group(account)
    make_field(account, "Ort", group=group)
    make_blocked(account, PERSON, group=group)
    for email in (PERSON, BOB, "zoe@example.org"):
        make_recipient(group, email, values={"ort": "Ulm"})
    take_backup_of(group, folder)
    lose(group, sign_off=True)
    take_backup_of(group, folder)
    lose(group, sign_off=False)
    with account_scope(account.pk):
        first, second = Backup.objects.select_related("group").order_by("requested_at")
    return Scene(account, owner, group, first, second, sign_in(owner), folder)


def lose(group: Group, *, sign_off: bool) -> None:
    """The person and Bob unsubscribe, or are deleted; the list has another revision then."""
    with account_scope(group.account_id):
        people = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).filter(email__in=[PERSON, BOB])
        if sign_off:
            people.update(deactivated_at=timezone.now())
        else:
            people.delete()
        Group.objects.filter(pk=group.pk).update(revision=F("revision") + 1)


def page(scene: Scene, name: str, **query: str) -> str:
    response = scene.client.get(reverse(f"backups:{name}", args=[scene.account.pk, scene.first.pk]), query)
    assert response.status_code in (200, 404), response.status_code
    return b"".join(response).decode()


def view(scene: Scene) -> str:
    return page(scene, "view", sort="ort")


def view_recipient(scene: Scene) -> str:
    told = page(scene, "view", recipient=PERSON)
    return told if "Ulm" in told else ""  # else the address is only the one that was asked for


def compare(scene: Scene) -> str:
    return page(scene, "compare")


def difference_file(scene: Scene) -> str:
    return page(scene, "compare_file")


def difference_file_of_a_worker(scene: Scene) -> str:
    with account_scope(scene.account.pk):
        export = Export(account=scene.account, backup=scene.first, options={"after_id": str(scene.second.pk)})
    return content_of(make_comparison(export, scene.folder, lambda _done, _known: None))


def restore_form(scene: Scene) -> str:
    with account_scope(scene.account.pk):
        return json.dumps(describe(backup=scene.first).block_list)


PAGES: dict[str, Look] = {look.__name__: look for look in (view, view_recipient, compare, difference_file)}
OTHERS: dict[str, Look] = {look.__name__: look for look in (difference_file_of_a_worker, restore_form)}


def end(erasure: Erasure) -> None:
    """Do all that workers do for an erasure."""
    assert advance(erasure).status == Erasure.Status.DONE


@pytest.mark.parametrize("look", [name for name in PAGES if name != "difference_file"])  # reads what `compare` does
def test_erased_person_is_on_no_page_whenever_the_file_is_written_anew(look: str, tmp_path: Path) -> None:
    for moment in moments(after=True):
        scene = make_scene(tmp_path)
        assert PERSON in PAGES[look](scene)  # a copy of what is shown is kept from now on
        erasure = erase(scene.account, scene.owner)
        with doing_at(moment, partial(end, erasure)):
            assert PERSON not in PAGES[look](scene), moment
    assert moment.number > FEWEST


@pytest.mark.parametrize("look", OTHERS)
def test_erased_person_is_in_nothing_that_is_read_whenever_the_file_is_written_anew(look: str, tmp_path: Path) -> None:
    for moment in moments(after=False):
        scene = make_scene(tmp_path)
        erasure = erase(scene.account, scene.owner)
        with doing_at(moment, partial(end, erasure)):
            assert PERSON not in OTHERS[look](scene), moment
    assert moment.number > FEWEST


@pytest.mark.parametrize("look", PAGES)
def test_erased_person_is_not_seen_by_who_asked_for_the_backup_before(look: str, tmp_path: Path) -> None:
    """The whole erasure is over before anything is read, but for the row that the page had of the backup."""
    scene = make_scene(tmp_path)
    assert PERSON in PAGES[look](scene)
    with doing_at(Moment(1, after=True), lambda: end(erase(scene.account, scene.owner))):
        assert PERSON not in PAGES[look](scene)


def test_erased_person_is_in_no_restore_and_others_keep_their_sign_off_whenever_files_are_written_anew(
    tmp_path: Path,
) -> None:
    """The person unsubscribed too, but is not counted among those who come back unsubscribed."""
    for moment in moments(after=True):
        scene = make_scene(tmp_path)
        erasure = erase(scene.account, scene.owner)
        with account_scope(scene.account.pk):
            run = prepare_restore(backup=scene.first, wish=Wish(way=Way.EXACT), actor=scene.owner, now=timezone.now())
        with doing_at(moment, partial(end, erasure)):
            run = previewed(run)
        told = {name: run.report[name] for name in ("signed_off_later", "later_backups_unread")}
        assert (run.status, told) == ("previewed", {"signed_off_later": 1, "later_backups_unread": 0}), moment
        assert PERSON not in json.dumps([run.preview, run.report]), moment
        assert [one for one in told_in_files(PERSON) if one.startswith("imports/")] == [], moment
    assert moment.number > FEWEST
