"""Several presses of *Next* at the same instant, with commits that are real."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.db import connections
from django.urls import reverse

from accounts.models import AuditAction, AuditEntry
from accounts.tenancy import account_scope
from imports.models import Import
from tests.factories import make_account, make_group, make_member, sign_in
from tests.imports.filled_form import form_data
from tests.imports.uploads import draft, drafts

PRESSES = 4


def test_several_presses_at_once_start_one_import_and_make_each_field_once(committed_db: None, storage: Path) -> None:
    account = make_account()
    client = sign_in(make_member(account))
    run = draft(client, make_group(account))
    url = reverse("imports:mapping", args=[account.pk, run.pk])
    data = form_data(client.get(url), "mapping")

    def press(_number: int) -> str:
        try:
            return str(client.post(url, data).headers.get("Location"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PRESSES) as pool:
        answers = list(pool.map(press, range(PRESSES)))
    assert answers == [reverse("imports:run", args=[account.pk, run.pk])] * PRESSES
    with account_scope(account.pk):
        started = AuditEntry.objects.filter(action=AuditAction.IMPORT_STARTED).count()
    (now,) = drafts(account.pk)
    labels = [one["label"] for one in now.new_fields]
    assert (labels, started, now.status) == (["Vorname", "Geburtstag", "Umsatz", "PLZ"], 1, Import.Status.READING)
