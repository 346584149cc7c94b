"""What people read before, during and after a deletion: sentences by what is deleted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from accounts.templatetags.listkeep_format import isolated
from recipients.deleting import Chosen
from recipients.listing import Choice, Status
from recipients.models import Deletion, Field, Group

SAMPLES_SHOWN: Final = 5  # addresses that the question names
LISTS_SHOWN: Final = 3

FAILURES: Final[dict[str, Promise]] = {
    "backup_failed": gettext_lazy(
        "The backup could not be made, and without it nothing is deleted. Try again; if that fails too, tell whoever "
        "runs Listkeep that backups cannot be made."
    ),
    "group_locked": gettext_lazy(
        "A list that it concerns was locked against changes meanwhile. Unlock it, then try again."
    ),
    "interrupted": gettext_lazy("The deletion was interrupted several times and has been given up. Try it again."),
    "internal": gettext_lazy("The fault is ours and has been recorded. Try it again later."),
}

STATUSES: Final[dict[Status, Promise]] = {
    Status.ACTIVE: gettext_lazy("Chosen are active recipients only."),
    Status.INACTIVE: gettext_lazy("Chosen are inactive recipients only."),
    Status.BOUNCED: gettext_lazy("Chosen are bounced recipients only."),
}


@dataclass(frozen=True)
class Question:
    """What a page asks before a deletion: its heading, what goes, the button, and what else there is to know."""

    heading: str
    text: str
    label: str
    facts: Sequence[str]


@dataclass(frozen=True)
class Course:
    """What the page of a deletion says: its heading, and one sentence for each state."""

    heading: str
    waiting: str
    waiting_without_backup: str
    done: str
    bring_back: str
    failed: str


# --- before -----------------------------------------------------------------------------------------------------


def question_of_group(group: Group, account: Account) -> Question:
    """Before a list is deleted."""
    count, names = group.recipient_count, _names(group.recipient_count, group)
    return Question(
        heading=_("Delete the list"),
        text=ngettext(
            "This deletes the list “%(name)s” with its %(number)s recipient.",
            "This deletes the list “%(name)s” with its %(number)s recipients.",
            count,
        )
        % names,
        label=ngettext(
            "Delete the list “%(name)s” with %(number)s recipient",
            "Delete the list “%(name)s” with %(number)s recipients",
            count,
        )
        % names,
        facts=_facts_of_recipients(
            group, account, hopeless=_("The master data of its recipients cannot be brought back."), back=_list_back
        ),
    )


def question_of_clearing(group: Group, account: Account) -> Question:
    """Before a list is emptied."""
    count, names = group.recipient_count, _names(group.recipient_count, group)
    text = ngettext(
        "This deletes the %(number)s recipient of the list “%(name)s”. The list stays, with its fields, its settings "
        "and its block list.",
        "This deletes all %(number)s recipients of the list “%(name)s”. The list stays, with its fields, its settings "
        "and its block list.",
        count,
    )
    label = ngettext(
        "Delete %(number)s recipient and empty “%(name)s”", "Delete %(number)s recipients and empty “%(name)s”", count
    )
    return Question(
        heading=_("Empty the list"),
        text=text % names,
        label=label % names,
        facts=_facts_of_recipients(
            group, account, hopeless=_("Their master data cannot be brought back."), back=_recipients_back
        ),
    )


def question_of_recipients(
    group: Group, account: Account, *, chosen: Chosen, count: int, samples: Sequence[str]
) -> Question:
    """Before recipients are deleted. `samples`: the first addresses of them."""
    names = _names(count, group)
    text = ngettext(
        "This deletes %(number)s recipient of the list “%(name)s”: %(addresses)s",
        "This deletes %(number)s recipients of the list “%(name)s”: %(addresses)s",
        count,
    )
    shown = ", ".join(samples[:SAMPLES_SHOWN])
    if count > SAMPLES_SHOWN:
        shown = _("%(addresses)s and others.") % {"addresses": shown}
    label = ngettext("Delete %(number)s recipient of “%(name)s”", "Delete %(number)s recipients of “%(name)s”", count)
    return Question(
        heading=_("Delete recipients"),
        text=text % {**names, "addresses": shown},
        label=label % names,
        facts=[
            *([] if chosen.ids is not None else _facts_of_choice(chosen.choice)),
            *_facts_of_recipients(
                group, account, hopeless=_("Their master data cannot be brought back."), back=_recipients_back
            ),
        ],
    )


def question_of_field(field: Field, account: Account, *, groups: Sequence[Group], count: int) -> Question:
    """Before a field is deleted that `groups` show; so many recipients, or addresses, have a value in it."""
    names = {"field": field.label, "number": _number(count)}
    if field.group_id is None:
        what = _("This deletes the field “%(field)s” in all lists of the account.")
        values = ngettext("%(number)s address has a value in it.", "%(number)s addresses have a value in it.", count)
    else:
        what = _("This deletes the field “%(field)s” of this list.")
        values = ngettext("%(number)s recipient has a value in it.", "%(number)s recipients have a value in it.", count)
    label = ngettext(
        "Delete the field “%(field)s” with %(number)s value",
        "Delete the field “%(field)s” with %(number)s values",
        count,
    )
    return Question(
        heading=_("Delete the field"),
        text=f"{what} {values}" % names,
        label=label % names,
        facts=[*_facts_of_field(field, account, groups), _("Other fields and the recipients stay as they are.")],
    )


def makes_backup(group: Group, account: Account) -> bool:
    """Whether a deletion in the list makes a backup first."""
    return group.automatic_backups and account.automatic_backups and group.recipient_count > 0


def switched_off_sentence(groups: Sequence[Group], account: Account) -> str:
    """Which switch keeps a backup from being made of one of the groups; empty when none does."""
    filled = [group for group in groups if group.recipient_count]
    off = [group.name for group in filled if not group.automatic_backups]
    if filled and not account.automatic_backups:
        return _("Automatic backups are switched off for the whole account.")
    if not off:
        return ""
    if len(groups) == 1:
        return _("Automatic backups are switched off for this list.")
    names = ", ".join(off[:LISTS_SHOWN])
    if len(off) > LISTS_SHOWN:
        names = _("%(lists)s and others") % {"lists": names}
    return _("Automatic backups are switched off for: %(lists)s.") % {"lists": names}


def _facts_of_recipients(group: Group, account: Account, *, hopeless: str, back: Callable[[int], str]) -> list[str]:
    """What is safe and what is lost when recipients of a list go."""
    if group.recipient_count == 0:
        return [_("The list is empty, so there is nothing to back up.")]
    lost = _("Activities such as opens and clicks are in no backup and are lost.")
    if not makes_backup(group, account):
        return [hopeless, lost]
    first = _("First a backup of the master data is made. Nothing is deleted before it is complete.")
    return [first, back(account.retention_days), lost]


def _facts_of_field(field: Field, account: Account, groups: Sequence[Group]) -> list[str]:
    """What is safe when a field goes that `groups` show."""
    if not any(group.recipient_count for group in groups):
        return [_("There are no recipients, so there is nothing to back up.")]
    if not any(makes_backup(group, account) for group in groups):
        return [_("Its values cannot be brought back.")]
    if field.group_id:
        first = _("First a backup of the master data is made. Nothing is deleted before it is complete.")
    elif all(makes_backup(group, account) for group in groups if group.recipient_count):
        first = _("First a backup of each list's master data is made. Nothing is deleted before all are complete.")
    else:
        first = _("First a backup of every other list is made. Nothing is deleted before all are complete.")
    return [first, _field_back(account.retention_days)]


def _facts_of_choice(choice: Choice) -> list[str]:
    """Whom a search and a status choose, and when."""
    facts = [_("Whoever matches when the backup is complete is deleted, even if that is more or fewer people by then.")]
    if choice.status in STATUSES:
        facts.insert(0, str(STATUSES[choice.status]))
    if choice.search:
        sentence = (
            _("Chosen are all whose address has “%(search)s” in it.")
            if choice.inside
            else _("Chosen are all whose address begins with “%(search)s”.")
        )
        facts.insert(0, sentence % {"search": choice.search})
    return facts


def _list_back(days: int) -> str:
    return ngettext(
        "The backup is kept for %(days)d day. Until then you can restore the list under My Account > Extras > Backups.",
        "The backup is kept for %(days)d days. Until then you can restore the list under My Account > Extras > "
        "Backups.",
        days,
    ) % {"days": days}


def _recipients_back(days: int) -> str:
    return ngettext(
        "The backup is kept for %(days)d day. Until then you can restore the recipients under Backups.",
        "The backup is kept for %(days)d days. Until then you can restore the recipients under Backups.",
        days,
    ) % {"days": days}


def _field_back(days: int) -> str:
    return ngettext(
        "The backup is kept for %(days)d day. Until then you can restore the field and its values under Backups.",
        "The backup is kept for %(days)d days. Until then you can restore the field and its values under Backups.",
        days,
    ) % {"days": days}


# --- during and after -------------------------------------------------------------------------------------------


def course_of(deletion: Deletion, group: Group, account: Account) -> Course:
    """What the page of a deletion says. `group`: the list that it is shown in."""
    texts = {
        Deletion.Kind.GROUP: _course_of_group,
        Deletion.Kind.CLEARING: _course_of_clearing,
        Deletion.Kind.RECIPIENTS: _course_of_recipients,
        Deletion.Kind.FIELD: _course_of_field,
    }
    return texts[Deletion.Kind(deletion.kind)](deletion, group, account.retention_days)


def failure_sentence(code: str) -> str:
    """Why a deletion failed, and the next step."""
    return str(FAILURES.get(code, FAILURES["internal"]))


def under_way_sentence() -> str:
    """Why a deletion cannot be asked for now."""
    return _("Another deletion is under way and has to end first. Ask again when it has.")


def locked_elsewhere_sentence(group_name: str) -> str:
    """Why a field of all lists cannot be deleted, and the next step."""
    return _(
        "The list “%(name)s” shows this field, too, and is locked against changes. Unlock it under its Settings > "
        "General, then try again."
    ) % {"name": group_name}


def _course_of_group(deletion: Deletion, group: Group, days: int) -> Course:
    count = deletion.recipient_count
    done = ngettext(
        "The list “%(name)s” with %(number)s recipient is deleted",
        "The list “%(name)s” with %(number)s recipients is deleted",
        count,
    )
    back = ngettext(
        "Its backup is kept for %(days)d day. Until then you can restore the list under My Account > Extras > Backups.",
        "Its backup is kept for %(days)d days. Until then you can restore the list under My Account > Extras > "
        "Backups.",
        days,
    )
    return Course(
        heading=_("Deletion of “%(name)s”") % {"name": group.name},
        waiting=_("The backup is being made; then the list is deleted"),
        waiting_without_backup=_("The list is being deleted"),
        done=done % _names(count, group),
        bring_back=back % {"days": days},
        failed=_("The list “%(name)s” was not deleted") % {"name": group.name},
    )


def _course_of_clearing(deletion: Deletion, group: Group, days: int) -> Course:
    count = deletion.recipient_count
    done = ngettext(
        "The list “%(name)s” is emptied: %(number)s recipient is deleted",
        "The list “%(name)s” is emptied: %(number)s recipients are deleted",
        count,
    )
    return Course(
        heading=_("Emptying of “%(name)s”") % {"name": group.name},
        waiting=_("The backup is being made; then the list is emptied"),
        waiting_without_backup=_("The list is being emptied"),
        done=done % _names(count, group),
        bring_back=_recipients_back(days),
        failed=_("The list “%(name)s” was not emptied") % {"name": group.name},
    )


def _course_of_recipients(deletion: Deletion, group: Group, days: int) -> Course:
    count = deletion.recipient_count
    done = ngettext(
        "%(number)s recipient of the list “%(name)s” is deleted",
        "%(number)s recipients of the list “%(name)s” are deleted",
        count,
    )
    return Course(
        heading=_("Deletion of recipients of “%(name)s”") % {"name": group.name},
        waiting=_("The backup is being made; then the recipients are deleted"),
        waiting_without_backup=_("The recipients are being deleted"),
        done=done % _names(count, group),
        bring_back=_recipients_back(days),
        failed=_("The recipients of the list “%(name)s” were not deleted") % {"name": group.name},
    )


def _course_of_field(deletion: Deletion, group: Group, days: int) -> Course:
    count, field = deletion.recipient_count, deletion.selection.get("label", "")
    done = ngettext(
        "The field “%(field)s” with %(number)s value is deleted",
        "The field “%(field)s” with %(number)s values is deleted",
        count,
    )
    account_wide = deletion.group_id is None
    return Course(
        heading=_("Deletion of the field “%(field)s”") % {"field": field},
        waiting=_("The backups of all lists are being made; then the field is deleted")
        if account_wide
        else _("The backup is being made; then the field is deleted"),
        waiting_without_backup=_("The field is being deleted"),
        done=done % {"field": field, "number": _number(count)},
        bring_back=_field_back(days),
        failed=_("The field “%(field)s” was not deleted") % {"field": field},
    )


def _names(count: int, group: Group) -> dict[str, str]:
    return {"name": isolated(group.name), "number": _number(count)}


def _number(count: int) -> str:
    return number_format(count, force_grouping=True)
