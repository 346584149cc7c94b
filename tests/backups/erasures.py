"""Erasures for tests: somebody erased, the steps that workers would do, and the search for what is left of them."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.core.files.storage import Storage
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from backups.erasing import advance_erasure
from backups.models import Backup, Erasure
from recipients.erasing import erase_person
from recipients.masterdata.file import MasterDataFile
from recipients.storage import local_copy, place
from tests.tenant_tables import everything_of

PERSON = "erika@example.org"


def erase(account: Account, actor: User, email: str = PERSON) -> Erasure:
    """Erase somebody as the page does; the files are not rewritten yet."""
    with account_scope(account.pk):
        erase_person(account=account, email=email, actor=actor, now=timezone.now())
        found: Erasure = Erasure.objects.order_by("-requested_at")[0]
    return found


def advance(erasure: Erasure) -> Erasure:
    """Do what a worker would; whatever rest it had is over."""
    with account_scope(erasure.account_id):
        Erasure.objects.filter(pk=erasure.pk, claim=None).update(retry_at=None, claimed_until=None)
    advance_erasure(account_id=erasure.account_id, erasure_id=erasure.pk)
    return fresh(erasure)


def fresh(erasure: Erasure) -> Erasure:
    """The erasure as it is now."""
    with account_scope(erasure.account_id):
        found: Erasure = Erasure.objects.get(pk=erasure.pk)
    return found


def again(backup: Backup) -> Backup:
    """The backup as it is now."""
    with account_scope(backup.account_id):
        found: Backup = Backup.objects.get(pk=backup.pk)
    return found


def addresses_in(backup: Backup) -> list[str]:
    """The addresses in the file that a backup points at now."""
    with local_copy("backups", again(backup).file_key) as path, MasterDataFile.open(path) as file:
        return [email for batch in file.batches(["email"]) for email in batch.column(0).to_pylist()]


def told_in_database(account: Account, text: str) -> list[str]:
    """The tables that have the text in any column of the account's rows."""
    rows = everything_of(account.pk)
    return [table for table, found in rows.items() if text.lower() in json.dumps(found, ensure_ascii=False).lower()]


def told_in_files(text: str) -> list[str]:
    """The files in all places that have the text in their bytes, or as Parquet in any column or description."""
    return [
        f"{where}/{key}"
        for where in ("imports", "backups")
        for key in keys_in(place(where))
        if is_told_in(where, key, text.lower())
    ]


def keys_in(storage: Storage, folder: str = "") -> list[str]:
    """The keys of all files in a storage."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return []
    before = f"{folder}/" if folder else ""
    return [f"{before}{name}" for name in files] + [
        key for name in folders for key in keys_in(storage, f"{before}{name}")
    ]


def is_told_in(where: Any, key: str, text: str) -> bool:
    """Whether a file has the text in it."""
    with local_copy(where, key) as path:
        return text in content_of(path).lower()


def content_of(path: Path) -> str:
    """All that a file says: its bytes, and of a Parquet file its columns and its description, unpacked."""
    told = path.read_bytes().decode(errors="replace")
    if not told.startswith("PAR1"):
        return told
    with pq.ParquetFile(path) as parquet:
        return f"{told} {parquet.metadata.metadata} {parquet.read().to_pylist()}"
