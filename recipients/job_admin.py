"""What the pages of all kinds of jobs on the admin site have: how the job stands, and another try at it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.operators import LookingAdmin, Question, column
from recipients.retrying import retry_job


class JobAdmin(LookingAdmin):
    """Jobs: the row, its claim, and a worker sent to it anew."""

    actions: Any = ("retry",)
    job_fields: ClassVar = (
        column("id", _("job")),
        column("rows_done", _("rows done")),
        column("rows_known", _("rows known")),
        column("interruptions", _("interruptions")),
        column("claimed_until", _("claimed until")),
        column("nudged_at", _("worker sent")),
        column("held_back_at", _("waits for its account’s turn since")),
    )

    @admin.action(description=_("Try again now"))
    def retry(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Send a worker to what waits, rests or was given up and can be begun anew."""
        question = Question(
            title=_("Try again now"),
            text=_(
                "A worker is sent to each of these that waits or rests after an error. A running one goes on. "
                "An import or deletion that has failed stays so: its list may have changed since, and people decide."
            ),
            button=_("Try again now"),
        )
        now = timezone.now()
        return self.ask_or_do(
            request, rows, question, lambda job: retry_job(job=job, actor_id=int(str(request.user.pk)), now=now)
        )
