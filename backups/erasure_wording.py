"""What the pages of erasures say: the question before, and of each erasure how far it is."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.templatetags.listkeep_format import absolute
from backups.models import Backup, Erasure, Export
from imports.erasing import count_unstarted
from recipients.erasing import Found

NAMES_SHOWN = 8


@dataclass(frozen=True)
class Question:
    """What is asked before somebody is erased: the sentence, the facts below it, and the button."""

    text: str
    facts: list[str]
    label: str


def question_of(found: Found, *, account_id: int) -> Question:
    """The question, with the numbers of what is there now."""
    backups = Backup.objects.filter(account_id=account_id, status=Backup.Status.COMPLETE).count()
    facts = [_lists(found), *_held(found), _backups(backups), *_discarded(account_id), *_what_stays()]
    return Question(
        text=_("Everything that this account holds of %(email)s is deleted for good. This cannot be undone.")
        % {"email": found.email},
        facts=facts,
        label=_label(found, backups),
    )


def _label(found: Found, backups: int) -> str:
    lists = ngettext("%(count)s list", "%(count)s lists", len(found.groups)) % {"count": _shown(len(found.groups))}
    files = ngettext("%(count)s backup", "%(count)s backups", backups) % {"count": _shown(backups)}
    return _("Erase %(email)s (%(lists)s, %(files)s searched)") % {
        "email": found.email,
        "lists": lists,
        "files": files,
    }


def _lists(found: Found) -> str:
    names = [_("“%(name)s”") % {"name": group.name} for group in found.groups]
    if not names:
        return _("The address is in no list now. It may be in backups.")
    if len(names) > NAMES_SHOWN:
        names[NAMES_SHOWN - 1 :] = ["…"]
    sentence = ngettext(
        "The address is in %(count)s list: %(names)s. Locked lists are changed as well.",
        "The address is in %(count)s lists: %(names)s. Locked lists are changed as well.",
        len(found.groups),
    )
    return sentence % {"count": _shown(len(found.groups)), "names": ", ".join(names)}


def _held(found: Found) -> list[str]:
    facts = []
    if found.has_account_values:
        facts.append(_("The values that all lists share go as well."))
    if found.activities:
        sentence = ngettext("%(count)s activity goes.", "%(count)s activities go.", found.activities)
        facts.append(sentence % {"count": _shown(found.activities)})
    if found.block_entries:
        facts.append(
            _(
                "The address is on a block list. It stays blocked in all lists, though no entry shows it any more: a "
                "digest is kept from which nobody can read the address."
            )
        )
    return facts


def _backups(count: int) -> str:
    if not count:
        return _("There is no backup that could hold the person. None is made before the erasure: it would keep them.")
    sentence = ngettext(
        "%(count)s backup is searched, and written anew without the person if they are in it, also when it is pinned. "
        "From now on nobody sees the person in it. No backup is made before the erasure: it would keep them.",
        "All %(count)s backups made until now are searched, and those that hold the person are written anew without "
        "them, pinned ones too. From now on nobody sees the person in any of them. No backup is made before the "
        "erasure: it would keep them.",
        count,
    )
    return sentence % {"count": _shown(count)}


def _discarded(account_id: int) -> list[str]:
    facts = []
    if unstarted := count_unstarted(account_id=account_id):
        sentence = ngettext(
            "%(count)s import that nobody has started yet is discarded, because its file may hold the person.",
            "%(count)s imports that nobody has started yet are discarded, because their files may hold the person.",
            unstarted,
        )
        facts.append(sentence % {"count": _shown(unstarted)})
    exports = Export.objects.filter(account_id=account_id, status=Export.Status.COMPLETE).count()
    if exports:
        sentence = ngettext(
            "%(count)s finished export file is deleted.", "%(count)s finished export files are deleted.", exports
        )
        facts.append(sentence % {"count": _shown(exports)})
    return facts


def _what_stays() -> list[str]:
    return [
        _("The audit log keeps that somebody was erased, when and by whom, without the address."),
        _(
            "Later imports leave the address out and say so. Whoever imports can let the person in again if they have "
            "signed up anew."
        ),
    ]


@dataclass(frozen=True)
class Course:
    """How far one erasure is. `done` and `known` are files; `kind` is a badge's. `text` may be empty."""

    erasure: Erasure
    state: str
    kind: str
    text: str
    done: int
    known: int | None

    @property
    def is_running(self) -> bool:
        """Whether it goes on by itself."""
        return self.erasure.status == Erasure.Status.WAITING


def course_of(erasure: Erasure) -> Course:
    """What is said of an erasure, in the present language."""
    report: dict[str, Any] = erasure.report
    if erasure.status == Erasure.Status.WAITING:
        return Course(erasure, _("Being erased"), "", _waiting(erasure), erasure.rows_done, erasure.rows_known)
    known = report.get("looked_through", 0)
    if erasure.status == Erasure.Status.DONE:
        if unreadable := report.get("unreadable", 0):
            text = _done_but_for(erasure, unreadable)
            return Course(erasure, _("Erased but for files that cannot be read"), "warning", text, known, known)
        return Course(erasure, _("Erased"), "good", _done(erasure), known, known)
    text = _(
        "Rewriting the files was interrupted several times and has been given up. Nobody sees the person all the same. "
        "Erase them once more to have it tried again; tell whoever runs Listkeep."
    )
    return Course(erasure, _("Not finished"), "danger", text, known, None)


def _waiting(erasure: Erasure) -> str:
    if erasure.failure == "storage_unavailable" and erasure.retry_at is not None:
        return _("The place where files are kept could not be reached. It is tried again at %(at)s.") % {
            "at": absolute(erasure.retry_at)
        }
    if erasure.failure:
        return _("The work was interrupted. It goes on by itself.")
    if erasure.report.get("awaited"):
        return _("A backup was just being made. When it is complete, it is searched too.")
    if erasure.retry_at is not None:
        return _("An import was under way. When it has ended, its files are cleaned up too.")
    return ""


def _done(erasure: Erasure) -> str:
    numbers = {"at": _ended(erasure), "count": _shown(erasure.backup_count)}
    if not erasure.backup_count:
        return _("Physically gone since %(at)s. No backup held the person.") % numbers
    sentence = ngettext(
        "Physically gone since %(at)s. %(count)s backup was written anew.",
        "Physically gone since %(at)s. %(count)s backups were written anew.",
        erasure.backup_count,
    )
    return sentence % numbers


def _done_but_for(erasure: Erasure, unreadable: int) -> str:
    written = ngettext(
        "%(count)s backup was written anew until %(at)s.",
        "%(count)s backups were written anew until %(at)s.",
        erasure.backup_count,
    ) % {"at": _ended(erasure), "count": _shown(erasure.backup_count)}
    left = ngettext(
        "%(count)s file could not be read, because it is damaged or missing. The person is left out of it, and it goes "
        "with its backup.",
        "%(count)s files could not be read, because they are damaged or missing. The person is left out of them, and "
        "they go with their backups.",
        unreadable,
    )
    return f"{written} {left % {'count': _shown(unreadable)}}"


def _ended(erasure: Erasure) -> str:
    return absolute(erasure.finished_at) if erasure.finished_at is not None else ""


def erased_sentence(lists: int) -> str:
    """What has just happened, without the address."""
    if not lists:
        return _("Nobody sees the person in a backup any more. The files are searched and written anew now.")
    sentence = ngettext(
        "The person is erased from %(count)s list, and nobody sees them in a backup any more. The files are searched "
        "and written anew now.",
        "The person is erased from %(count)s lists, and nobody sees them in a backup any more. The files are searched "
        "and written anew now.",
        lists,
    )
    return sentence % {"count": _shown(lists)}


def _shown(number: int) -> str:
    return number_format(number, force_grouping=True)
