"""The audit trail as people look at it: by topic, person, words and period, page by page from the newest on."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditAction, AuditEntry, User
from accounts.queries import audit_entries_of

ENTRIES_A_PAGE = 50
LISTKEEP = 0  # as a person: what nobody did


class Topic(TextChoices):
    """What entries are about; every action has one."""

    IMPORTS = "imports", _("Imports")
    DELETIONS = "deletions", _("Deletions")
    RESTORES = "restores", _("Restores")
    DOWNLOADS = "downloads", _("Downloads")
    BACKUPS = "backups", _("Backups")
    LISTS = "lists", _("Lists and recipients")
    SETTINGS = "settings", _("Settings of the account")
    USERS = "users", _("Users and signing in")


ACTIONS = {
    Topic.IMPORTS: {
        AuditAction.IMPORT_STARTED,
        AuditAction.IMPORT_DONE,
        AuditAction.IMPORT_FAILED,
        AuditAction.IMPORT_CANCELLED,
    },
    Topic.DELETIONS: {
        AuditAction.GROUP_DELETED,
        AuditAction.GROUP_CLEARED,
        AuditAction.RECIPIENTS_DELETED,
        AuditAction.FIELD_DELETED,
        AuditAction.PERSON_ERASED,
        AuditAction.PERSON_READMITTED,
        AuditAction.BACKUPS_REWRITTEN,
    },
    Topic.RESTORES: {
        AuditAction.RESTORE_STARTED,
        AuditAction.RESTORE_DONE,
        AuditAction.RESTORE_FAILED,
        AuditAction.RESTORE_CANCELLED,
        AuditAction.GROUP_RESTORED,
        AuditAction.RESTORE_DRILL,
    },
    Topic.DOWNLOADS: {
        AuditAction.BACKUP_DOWNLOADED,
        AuditAction.GROUP_EXPORTED,
        AuditAction.EXPORT_REQUESTED,
        AuditAction.COMPARISON_DOWNLOADED,
        AuditAction.AUDIT_LOG_DOWNLOADED,
        AuditAction.ACCOUNT_EXPORT_DOWNLOADED,
    },
    Topic.BACKUPS: {
        AuditAction.BACKUP_MADE,
        AuditAction.BACKUP_FAILED,
        AuditAction.BACKUP_PURGED,
        AuditAction.BACKUP_PINNED,
        AuditAction.BACKUP_UNPINNED,
        AuditAction.BACKUP_VERIFIED,
        AuditAction.BACKUP_DAMAGED,
        AuditAction.VERIFICATION_ASKED_FOR,
        AuditAction.PURGE_ASKED_FOR,
        AuditAction.JOB_RETRIED,
    },
    Topic.LISTS: {
        AuditAction.GROUP_CREATED,
        AuditAction.GROUP_CHANGED,
        AuditAction.GROUP_BACKUPS_ON,
        AuditAction.GROUP_BACKUPS_OFF,
        AuditAction.FIELD_CREATED,
        AuditAction.FIELD_CHANGED,
        AuditAction.RECIPIENT_CHANGED,
        AuditAction.RECIPIENTS_WRITTEN,
        AuditAction.BLOCKED,
        AuditAction.UNBLOCKED,
    },
    Topic.SETTINGS: {
        AuditAction.ACCOUNT_CREATED,
        AuditAction.ACCOUNT_RENAMED,
        AuditAction.ACCOUNT_HELD,
        AuditAction.ACCOUNT_RELEASED,
        AuditAction.ACCOUNT_CLOSED,
        AuditAction.ACCOUNT_REOPENED,
        AuditAction.ACCOUNT_EXPORTED,
        AuditAction.ACCOUNT_EXPORT_FAILED,
        AuditAction.ACCOUNT_DELETED,
        AuditAction.AUTOMATIC_BACKUPS_ON,
        AuditAction.AUTOMATIC_BACKUPS_OFF,
        AuditAction.DAILY_BACKUPS_ON,
        AuditAction.DAILY_BACKUPS_OFF,
        AuditAction.RETENTION_CHANGED,
        AuditAction.TOKEN_CREATED,
        AuditAction.TOKEN_REVOKED,
    },
    Topic.USERS: {
        AuditAction.MEMBER_INVITED,
        AuditAction.INVITATION_SENT_AGAIN,
        AuditAction.INVITATION_WITHDRAWN,
        AuditAction.MEMBER_JOINED,
        AuditAction.ROLE_CHANGED,
        AuditAction.MEMBER_REMOVED,
        AuditAction.MEMBER_LEFT,
        AuditAction.OWNERSHIP_TRANSFERRED,
        AuditAction.TWO_FACTOR_ON,
        AuditAction.TWO_FACTOR_OFF,
        AuditAction.SECOND_FACTOR_DEMANDED,
        AuditAction.SECOND_FACTOR_NOT_DEMANDED,
        AuditAction.PASSKEY_ADDED,
        AuditAction.PASSKEY_RENAMED,
        AuditAction.PASSKEY_REMOVED,
        AuditAction.SECOND_FACTOR_REMOVED,
        AuditAction.RECOVERY_CODES_MADE,
    },
}


@dataclass(frozen=True)
class Wanted:
    """Which entries are wanted; what is left out does not matter. Days are local ones, both included."""

    topic: Topic | None = None
    actor_id: int | None = None  # LISTKEEP: what nobody did
    words: str = ""  # in the name of what it concerns
    since: date | None = None
    until: date | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Wanted()


@dataclass(frozen=True)
class Place:
    """A place in the trail: just beside the entry with these two."""

    at: datetime
    id: int

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Where an entry stands."""
        return cls(at=entry.at, id=entry.pk)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Back from `str`. Raises ValueError for anything else."""
        moment, _sign, key = text.partition("_")
        at, number = datetime.fromisoformat(moment), int(key)
        if at.tzinfo is None or not 0 <= number < 2**63:
            raise ValueError(f"{text!r} is no place in an audit trail.")
        return cls(at=at, id=number)

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"


@dataclass(frozen=True)
class Page:
    """Entries, newest first; `newer` and `older` are the places to read on from, None where nothing follows."""

    entries: list[AuditEntry]
    newer: Place | None
    older: Place | None


def wanted_entries(*, account_id: int, wanted: Wanted) -> QuerySet[AuditEntry]:
    """The entries of an account that are wanted, with the people in them, newest first."""
    found = audit_entries_of(account_id)
    if wanted.topic is not None:
        found = found.filter(action__in=ACTIONS[wanted.topic])
    if wanted.actor_id is not None:
        found = found.filter(actor=wanted.actor_id or None)
    if wanted.words:
        found = found.filter(
            Q(subject__icontains=wanted.words)
            | Q(detail__list__icontains=wanted.words)
            | Q(detail__file__icontains=wanted.words)
        )
    if wanted.since is not None:
        found = found.filter(at__gte=_midnight(wanted.since))
    if wanted.until is not None:
        found = found.filter(at__lt=_midnight(wanted.until + timedelta(days=1)))
    return found


def page_of(*, account_id: int, wanted: Wanted, before: Place | None = None, after: Place | None = None) -> Page:
    """The wanted entries from the newest on; those just before or just after a place. One query, however many."""
    found = wanted_entries(account_id=account_id, wanted=wanted)
    if after is not None:
        # The first condition alone lets the index begin at the place; the same in the other direction below.
        later = found.filter(Q(at__gt=after.at) | Q(at=after.at, id__gt=after.id), at__gte=after.at)
        entries = list(later.order_by("at", "id")[: ENTRIES_A_PAGE + 1])
        more = len(entries) > ENTRIES_A_PAGE
        entries = entries[:ENTRIES_A_PAGE][::-1]
        newer = Place.of(entries[0]) if more else None
        return Page(entries=entries, newer=newer, older=Place.of(entries[-1]) if entries else None)
    if before is not None:
        found = found.filter(Q(at__lt=before.at) | Q(at=before.at, id__lt=before.id), at__lte=before.at)
    entries = list(found[: ENTRIES_A_PAGE + 1])
    more = len(entries) > ENTRIES_A_PAGE
    entries = entries[:ENTRIES_A_PAGE]
    newer = Place.of(entries[0]) if entries and before is not None else None
    return Page(entries=entries, newer=newer, older=Place.of(entries[-1]) if more else None)


def people_in(*, account_id: int) -> QuerySet[User]:
    """Who stands in the trail of an account, former members too, by e-mail address."""
    actors = AuditEntry.objects.filter(account_id=account_id).exclude(actor=None).values("actor")
    return User.objects.filter(pk__in=actors).order_by("email")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
