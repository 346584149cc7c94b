"""What can befall the files of backups where they lie, for real: in a local folder and on an S3 server."""

from collections.abc import Callable
from typing import Final

from django.core.files.base import ContentFile

from backups.models import Backup
from recipients.storage import open_file, put_stream, remove

Damage = Callable[[Backup, Backup], None]
"""What befalls the file of a backup; the other one is of another list."""


def stored_bytes(backup: Backup) -> bytes:
    """The backup's file as it lies in storage."""
    with open_file("backups", backup.file_key) as file:
        return file.read()


def replace(backup: Backup, content: bytes) -> None:
    """Let other bytes lie where the backup's file should."""
    put_stream("backups", backup.file_key, ContentFile(content))


def flip_one_bit(backup: Backup, _other: Backup) -> None:
    """One bit is another one."""
    content = bytearray(stored_bytes(backup))
    content[len(content) // 3] ^= 0b1000
    replace(backup, bytes(content))


def cut_one_byte(backup: Backup, _other: Backup) -> None:
    """The last byte is missing."""
    replace(backup, stored_bytes(backup)[:-1])


def swap_files(backup: Backup, other: Backup) -> None:
    """Each of two backups has the file of the other: whole master-data files, but not the ones that were kept."""
    mine, theirs = stored_bytes(backup), stored_bytes(other)
    replace(backup, theirs)
    replace(other, mine)


def remove_file(backup: Backup, _other: Backup) -> None:
    """There is no file."""
    remove("backups", backup.file_key)


# With what verification calls it, what the page of a refused download answers, and the sentence on it.
DAMAGES: Final[dict[str, tuple[Damage, str, int, str]]] = {
    "one bit": (flip_one_bit, "differs", 410, "The file of this backup is damaged"),
    "one byte cut": (cut_one_byte, "differs", 410, "The file of this backup is damaged"),
    "swapped": (swap_files, "differs", 410, "The file of this backup is damaged"),
    "removed": (remove_file, "missing", 410, "The file of this backup is gone"),
}
