"""The details of an entry of the audit trail in words."""

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import AuditAction, AuditEntry, Role


def details_of(entry: AuditEntry) -> str:
    """What an entry says beside what happened and to what; empty when there is no more."""
    detail: dict[str, Any] = entry.detail
    said = []
    if entry.action == AuditAction.ROLE_CHANGED:
        said.append(f"{_role(detail['before'])} → {_role(detail['role'])}")
    elif "role" in detail:
        said.append(_("as %(role)s") % {"role": _role(detail["role"])})
    if entry.action == AuditAction.RETENTION_CHANGED:
        said.append(f"{detail['before']} → {detail['days']}")
    said += _passkey(detail)
    if detail.get("list"):
        said.append(_("in the list %(name)s") % {"name": detail["list"]})
    if detail.get("file"):
        said.append(str(detail["file"]))
    if isinstance(detail.get("recipients"), int):
        count = detail["recipients"]
        said.append(ngettext("%(number)s recipient", "%(number)s recipients", count) % {"number": _grouped(count)})
    if isinstance(detail.get("entries"), int):
        count = detail["entries"]
        said.append(ngettext("%(number)s entry", "%(number)s entries", count) % {"number": _grouped(count)})
    if detail.get("token"):
        said.append(_("with the token %(name)s") % {"name": detail["token"]})
    return ", ".join(said)


def _passkey(detail: dict[str, Any]) -> list[str]:
    """Its name, and the one that it had."""
    if "passkey" not in detail:
        return []
    return [" → ".join(str(detail[part]) for part in ("before", "passkey") if part in detail)]


def _grouped(count: int) -> str:
    return number_format(count, force_grouping=True)


def _role(value: str) -> str:
    return str(Role(value).label)
