"""The file that a closed account leaves to its owners: one ZIP archive with all that it has, for people and programs.

Written to this machine's disk as a stream, list by list and backup by backup; memory does not grow with the account.
Each list is read at one instant; the account is on hold, and whether nobody wrote between two lists is seen by their
revisions (`closing_job`). Whoever was erased is in no table any more, and is left out of the backups that are older.
"""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, Final

from django.db.models import Sum
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.audit_export import write_entries
from accounts.csv_tables import write_table
from accounts.models import Account
from accounts.queries import audit_entries_of
from accounts.tenancy import account_scope
from backups import account_tables as tables
from backups.archive_names import Names
from backups.downloads import DownloadRefused, FileDamaged, FileMissing, open_without_erased
from backups.exports.csv import csv_chunks
from backups.exports.making import make_file
from backups.exports.options import Options
from backups.models import Backup
from recipients.masterdata.file import MasterDataError, MasterDataFile
from recipients.masterdata.labels import LANGUAGES, Language
from recipients.masterdata.take import take
from recipients.models import Group

README: Final = "README.txt"
CHUNK_BYTES: Final = 1024 * 1024
_PACKED_QUICKLY: Final = 1  # level 6 is a fifth smaller and takes three times as long

Progress = Callable[[int, int | None], None]


class BackupUnreadable(Exception):
    """The file of a backup is damaged or missing, and nobody has said that it may be left out. `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Contents:
    """What an archive holds. `revisions` as `closing.revisions_of` gives them; `unreadable`: backups without a file."""

    revisions: dict[str, int] = field(default_factory=dict)
    lists: int = 0
    recipients: int = 0
    backups: int = 0
    unreadable: int = 0


def write_archive(closure: Any, path: Path, *, progress: Progress) -> Contents:
    """Write the archive of an account to `path`; other files beside it are temporary.

    Raises BackupUnreadable, StorageUnavailable, OSError, and what `progress` raises.
    """
    with (
        translation.override(closure.language),
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_PACKED_QUICKLY) as archive,
    ):
        writing = _Archive(closure, archive, path.parent, progress)
        writing.write()
        return writing.contents


class _Archive:
    """One archive on its way; words are in the present language."""

    def __init__(self, closure: Any, archive: zipfile.ZipFile, folder: Path, progress: Progress) -> None:
        self.contents = Contents()
        self._archive, self._folder, self._progress = archive, folder, progress
        self._account_id, self._leave_out = closure.account_id, closure.leave_out_unreadable
        self._language: Language = next((one for one in LANGUAGES if one == closure.language), "en")
        self._done = 0
        self._known = self._rows_known()

    def write(self) -> None:
        """Write everything."""
        with account_scope(self._account_id):
            account = Account.objects.get(pk=self._account_id)
            groups = list(Group.objects.present().filter(account_id=self._account_id).order_by("name", "pk"))
        self._lists(groups)
        self._account_wide()
        self._backups()
        self._history()
        context = {"account": account, "at": timezone.now(), "contents": self.contents}
        text = render_to_string("backups/closing/readme.txt", context)
        self._archive.writestr(README, text.replace("\n", "\r\n").encode("utf-8-sig"))

    def _rows_known(self) -> int:
        """Recipients in lists and in the files of backups."""
        with account_scope(self._account_id):
            lists = Group.objects.present().filter(account_id=self._account_id)
            known = lists.aggregate(rows=Sum("recipient_count"))["rows"] or 0
            files = self._complete().order_by("file_key").distinct("file_key").values_list("recipient_count", flat=True)
            return int(known + sum(files))

    def _complete(self) -> Any:
        return Backup.objects.filter(account_id=self._account_id, status=Backup.Status.COMPLETE)

    # --- lists ---

    def _lists(self, groups: list[Any]) -> None:
        names, told = Names(without=_("List")), []
        for group in groups:
            place = f"lists/{names.name(group.name)}"
            rows = self._list(group, place)
            told.append((group.name, place, group.note, _yes_or_no(group.locked), str(rows)))
        head = [_("List"), _("Folder"), _("Note on the origin of the recipients"), _("Locked"), _("Recipients")]
        with self._entry("lists.csv") as file:
            write_table(file, head, told)

    def _list(self, group: Any, place: str) -> int:
        taken = self._folder / "list.parquet"
        before = self._done
        with account_scope(self._account_id, snapshot=True):
            current = Group.objects.get(account_id=self._account_id, pk=group.pk)
            if current.deleted_at is not None:  # by a job that ended just before the hold: told by the revisions
                return 0
            of_list = take(
                group=current,
                path=taken,
                trigger="export",
                now=timezone.now(),
                progress=lambda rows, _rows: self._progress(before + rows, self._known),
            )
        try:
            self._archive.write(taken, f"{place}/recipients.parquet", zipfile.ZIP_STORED)
            with MasterDataFile.open(taken) as file, self._entry(f"{place}/recipients.csv") as target:
                for chunk in csv_chunks(file, language=self._language):
                    target.write(chunk)
                    self._tell()
        finally:
            taken.unlink(missing_ok=True)
        self._block_list(f"{place}/block-list.csv", group.pk)
        self._done += of_list.recipient_count
        self._tell()
        self.contents.revisions[str(group.pk)] = of_list.revision
        self.contents.lists += 1
        self.contents.recipients += of_list.recipient_count
        return of_list.recipient_count

    def _block_list(self, name: str, group_id: int | None) -> None:
        with account_scope(self._account_id), self._entry(name) as file:
            write_table(file, tables.blocked_head(), tables.blocked(self._account_id, group_id))

    # --- what is of no list ---

    def _account_wide(self) -> None:
        self._block_list("block-list.csv", None)
        with account_scope(self._account_id), self._entry("fields.csv") as file:
            write_table(file, tables.fields_head(), tables.fields(self._account_id))
        with account_scope(self._account_id), self._entry("account-wide-values.csv") as file:
            tables.write_contacts(file, account_id=self._account_id, language=self._language)
        with account_scope(self._account_id), self._entry("activities.csv") as file:
            tables.write_activities(file, account_id=self._account_id)
        self._tell()

    def _history(self) -> None:
        with account_scope(self._account_id), self._entry("members.csv") as file:
            write_table(file, tables.members_head(), tables.members(self._account_id))
        with account_scope(self._account_id), self._entry("imports.csv") as file:
            write_table(file, tables.imports_head(), tables.imports(self._account_id))
        with account_scope(self._account_id), self._entry("audit-log.csv") as file:
            write_entries(audit_entries_of(self._account_id), file)
        self._tell()

    # --- backups ---

    def _backups(self) -> None:
        """Each file once, however many backups share it, and a table that says which backup is in which."""
        with account_scope(self._account_id):
            found = list(self._complete().select_related("requested_by").order_by("group_name", "requested_at", "pk"))
        names, written, told = Names(without=_("Backup")), dict[str, str](), []
        for backup in found:
            key = backup.file_key  # as it was: opening the file makes the row fresh
            if key not in written:
                written[key] = self._backup(backup, names)
            told.append(
                (
                    backup.group_name,
                    tables.moment(backup.requested_at),
                    backup.get_trigger_display(),
                    str(backup.recipient_count),
                    written[key] or _("The file is damaged or missing"),
                )
            )
            self.contents.backups += bool(written[key])
            self.contents.unreadable += not written[key]
        head = [_("List"), _("When"), _("Why"), _("Recipients"), _("File")]
        with self._entry("backups.csv") as file:
            write_table(file, head, told)

    def _backup(self, backup: Any, names: Names) -> str:
        """Write the file of a backup; gives its name in the archive, none for one that is left out."""
        try:
            with ExitStack() as opened:
                source, left_out = open_without_erased(backup, opened)
                if left_out:
                    source = self._rewritten(source, left_out, opened)
                at = timezone.localtime(backup.requested_at)
                place = f"backups/{names.name(f'{backup.group_name} {at:%Y-%m-%d %H-%M}')}.parquet"
                with self._entry(place, zipfile.ZIP_STORED) as target:
                    while chunk := source.read(CHUNK_BYTES):
                        target.write(chunk)
                        self._tell()
        except (FileDamaged, FileMissing, MasterDataError) as refused:
            if not self._leave_out:
                missing = isinstance(refused, DownloadRefused) and refused.code == FileMissing.code
                raise BackupUnreadable("backup_missing" if missing else "backup_damaged") from refused
            return ""
        self._done += backup.recipient_count
        self._tell()
        return place

    def _rewritten(self, source: BufferedReader, left_out: Any, opened: ExitStack) -> BufferedReader:
        path = self._folder / "backup.parquet"
        make_file(
            source,
            path,
            form="parquet",
            options=Options(language=self._language),
            left_out=left_out,
            progress=lambda _rows, _known: self._tell(),
        )
        opened.callback(path.unlink)
        return opened.enter_context(path.open("rb"))

    # --- the archive ---

    @contextmanager
    def _entry(self, name: str, packing: int = zipfile.ZIP_DEFLATED) -> Iterator[IO[bytes]]:
        about = zipfile.ZipInfo(name, timezone.localtime().timetuple()[:6])
        about.compress_type = packing
        with self._archive.open(about, "w", force_zip64=True) as file:
            yield file

    def _tell(self) -> None:
        self._progress(self._done, self._known)


def _yes_or_no(value: bool) -> str:  # noqa: FBT001  # a column's value
    return _("Yes") if value else _("No")
