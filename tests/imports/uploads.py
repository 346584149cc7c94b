"""Uploads as a browser sends them, and what they leave behind."""

from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.models import Group

CSV = """\
E-Mail;Vorname;Geburtstag;Umsatz;PLZ
ada@example.org;Ada;10.12.1815;1.234,50;01067
eva@example.org;Eva;24.02.1990;0,50;80331
"""


def file(content: str | bytes = CSV, name: str = "kunden.csv") -> SimpleUploadedFile:
    """A chosen file."""
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def upload(client: Client, group: Group, content: str | bytes = CSV, name: str = "kunden.csv") -> Any:
    """Upload a file into a list, as *Upload* does."""
    return client.post(reverse("imports:upload", args=[group.account_id, group.pk]), {"file": file(content, name)})


def draft(client: Client, group: Group, content: str | bytes = CSV, name: str = "kunden.csv") -> Import:
    """The draft that an upload into a list makes."""
    response = upload(client, group, content, name)
    assert response.status_code == 302, response.content.decode()
    (found,) = drafts(group.account_id)
    return found


def drafts(account_id: int) -> list[Import]:
    """The account's imports."""
    with account_scope(account_id):
        return list(Import.objects.select_related("group").order_by("created_at"))


def groups(account: Account) -> list[str]:
    """The names of the account's lists."""
    with account_scope(account.pk):
        return list(Group.objects.order_by("pk").values_list("name", flat=True))


def files_in(storage: Path) -> list[str]:
    """The files in the storage of imports, by their keys."""
    root = storage / "imports"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
