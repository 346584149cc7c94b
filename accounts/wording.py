"""The details of an entry of the audit trail in words."""

from typing import Any

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
        said.append(ngettext("%(count)d recipient", "%(count)d recipients", count) % {"count": count})
    if isinstance(detail.get("entries"), int):
        count = detail["entries"]
        said.append(ngettext("%(count)d entry", "%(count)d entries", count) % {"count": count})
    if detail.get("token"):
        said.append(_("with the token %(name)s") % {"name": detail["token"]})
    return ", ".join(said)


def _passkey(detail: dict[str, Any]) -> list[str]:
    """Its name, and the one that it had."""
    if "passkey" not in detail:
        return []
    return [" → ".join(str(detail[part]) for part in ("before", "passkey") if part in detail)]


def _role(value: str) -> str:
    return str(Role(value).label)
