"""The calls of the interface, taken from its description, and what a program would send to each of them."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import Role
from accounts.tenancy import account_scope
from config.api import api
from imports.models import Import
from imports.preview_page import plan_mark
from imports.restoring import Way, Wish
from tests.caller import PREFIX
from tests.customer import Customer, make_customer
from tests.customer_imports import preview_of_one

CALLS = [(method, path) for path, calls in api.get_openapi_schema()["paths"].items() for method in calls]
WRITES = [(method, path) for method, path in CALLS if method != "get"]
READS = [(method, path) for method, path in CALLS if method == "get"]


@dataclass(frozen=True)
class Scene:
    """A customer no list of whom is being changed, with a restore whose preview is made, and a token's secret."""

    customer: Customer
    restore: Import

    @property
    def secret(self) -> str:
        """The secret of a token that may write."""
        return self.customer.token_secret


def make_scene(word: str) -> Scene:
    """A scene whose texts all have `word` in them."""
    customer = make_customer(word)
    now = timezone.now()
    with account_scope(customer.account.pk):
        Import.objects.filter(status__in=Import.RUNNING).update(status=Import.Status.CANCELLED, finished_at=now)
        restore = Import.objects.create(
            account=customer.account,
            group=customer.group,
            kind=Import.Kind.RESTORE,
            backup_id=customer.backup.pk,
            restore=Wish(way=Way.UPDATE_AND_ADD).to_json(),
            status=Import.Status.PREVIEWED,
            preview=preview_of_one(f"neu@{word}.example", word),
            requested_by=customer.members[Role.OWNER],
            file_name=customer.backup.group_name,
            file_size=0,
            created_at=now,
        )
    return Scene(customer, restore)


def rows_of(scene: Scene) -> dict[str, Any]:
    """What stands for the parts of a call's path."""
    customer = scene.customer
    return {
        "group_id": customer.group.pk,
        "recipient_id": customer.recipient.id,
        "field_id": customer.field.pk,
        "backup_id": str(customer.backup.pk),
        "deletion_id": str(customer.deletion.pk),
        "restore_id": str(scene.restore.pk),
    }


def below(path: str, scene: Scene) -> str:
    """A call's path below the interface's, with rows of a scene as its parts."""
    return path.removeprefix(PREFIX).format(**rows_of(scene))


def body_for(method: str, path: str, scene: Scene) -> Any:
    """What a program sends to a call so that it changes something; None where a call takes no body.

    Raises KeyError for a call that is not known here.
    """
    customer = scene.customer
    email = customer.recipient.email
    new = {"email": f"neu@{customer.secret}.example", "fields": {"ort": "Ulm", "nummer": "12.5"}}
    bodies: dict[str, Any] = {
        "post /groups": {"name": "Neue Liste"},
        "patch /groups/{group_id}": {"name": "Anders", "note": "anders"},
        "delete /groups/{group_id}": None,
        "post /groups/{group_id}/clear": None,
        "post /fields": {"label": "Farbe"},
        "post /groups/{group_id}/fields": {"label": "Farbe", "type": "number"},
        "patch /fields/{field_id}": {"label": "Anders"},
        "delete /fields/{field_id}": None,
        "post /groups/{group_id}/recipients": {"recipients": [new, {"email": email, "source": "Shop"}]},
        "post /groups/{group_id}/recipients/deactivate": {"emails": [email]},
        "post /groups/{group_id}/recipients/activate": {"emails": [customer.other_recipient.email]},
        "post /groups/{group_id}/recipients/delete": {"emails": [email]},
        "patch /groups/{group_id}/recipients/{recipient_id}": {"source": "Shop", "fields": {"nummer": 3}},
        "post /groups/{group_id}/activities": {
            "activities": [{"email": email, "kind": "clicked", "at": "2026-03-02T09:30:00Z"}]
        },
        "post /blocklist": {"patterns": ["*@example.net"]},
        "post /blocklist/delete": {"patterns": [f"*@{customer.secret}.example.org"]},
        "post /groups/{group_id}/blocklist": {"patterns": ["*@example.net"]},
        "post /groups/{group_id}/blocklist/delete": {"patterns": [f"spam@{customer.secret}.example"]},
        "post /groups/{group_id}/backups": None,
        "post /backups/{backup_id}/pin": {"reason": "Jubiläum"},
        "post /backups/{backup_id}/unpin": None,
        "post /backups/{backup_id}/restores": {},
        "post /restores/{restore_id}/confirm": {"mark": plan_mark(scene.restore)},
        "post /restores/{restore_id}/cancel": None,
    }
    return bodies[f"{method} {path.removeprefix(PREFIX)}"]
