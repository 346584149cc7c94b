"""Backups and restore drills on the admin site: state alone, nothing that can be changed, no recipient's data.

The site that they stand on is `config.admin_site`, which opens the door across accounts.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path


class LookingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's own cannot be subscripted
    """A list and a page that show `fields` and change nothing; for every operator."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    list_select_related = ("account",)

    def get_urls(self) -> list[URLPattern]:
        """The list and the page of a row."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name=f"{name}_changelist"),
            path("<path:object_id>/change/", view(self.change_view), name=f"{name}_change"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BackupAdmin(LookingAdmin):
    """Backups; neither the imported file's name nor the reason of a pin is shown: people write anything there."""

    date_hierarchy = "requested_at"
    ordering: ClassVar = ["-requested_at"]
    search_fields: ClassVar = ["account__name", "group_name"]
    list_display = (
        *("requested_at", "account", "group_name", "trigger", "status", "damage", "recipient_count", "size"),
        *("expires_at", "pinned_at", "verified_at"),
    )
    list_filter: ClassVar = ["status", "trigger", "damage", ("account", admin.RelatedOnlyFieldListFilter)]
    fields = (
        *("id", "account", "group_name", "trigger", "status", "failure", "attempts", "interruptions", "retry_at"),
        *("requested_at", "completed_at", "expires_at", "revision", "recipient_count", "active_count"),
        *("file_key", "size", "sha256", "pinned_at", "verified_at", "damage", "claimed_until", "held_back_at"),
    )
    readonly_fields = fields


class RestoreDrillAdmin(LookingAdmin):
    """Rehearsals of restores."""

    ordering: ClassVar = ["-started_at"]
    search_fields: ClassVar = ["account__name", "group_name"]
    list_display = (
        *("started_at", "account", "group_name", "result", "recipient_count", "difference_count", "failure"),
    )
    list_filter: ClassVar = ["result", ("account", admin.RelatedOnlyFieldListFilter)]
    fields = (
        *("account", "group_name", "started_at", "finished_at", "result", "recipient_count", "difference_count"),
        "failure",
    )
    readonly_fields = fields
