"""Having a backup of a list made from its pages."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Group
from tests.factories import NOW, make_account, make_group, make_member, make_recipient, sign_in
from tests.page_content import notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account, "Kunden", automatic_backups=False, locked=True)
    make_recipient(group)
    return group


def url(group: Group) -> str:
    return reverse("backups:take", args=[group.account_id, group.pk])


def made(account: Account) -> list[tuple[str, str, int]]:
    with account_scope(account.pk):
        return list(Backup.objects.values_list("trigger", "status", "group_id"))


def test_it_is_begun_and_the_lists_backups_are_shown(account: Account, group: Group) -> None:
    client = sign_in(make_member(account))
    response = client.post(url(group), follow=True)
    client.post(url(group))

    assert response.redirect_chain == [(reverse("backups:group", args=[account.pk, group.pk]), 302)]
    assert "The backup of “Kunden” is being made." in notices(response)
    assert made(account) == [("on_demand", "pending", group.pk)]


def test_a_reader_is_refused(account: Account, group: Group) -> None:
    assert sign_in(make_member(account, Role.READER)).post(url(group)).status_code == 403
    assert made(account) == []


def test_a_stranger_finds_nothing(account: Account, group: Group) -> None:
    stranger = sign_in(make_member(make_account("Andere AG"), Role.OWNER))
    assert stranger.post(url(group)).status_code == 404
    assert made(account) == []


def test_a_deleted_list_is_not_found(account: Account, group: Group) -> None:
    with account_scope(account.pk):
        Group.objects.update(deleted_at=NOW)
    assert sign_in(make_member(account)).post(url(group)).status_code == 404
    assert made(account) == []


def test_looking_makes_none(client: Client, account: Account, group: Group) -> None:
    assert sign_in(make_member(account)).get(url(group)).status_code == 405
