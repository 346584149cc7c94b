"""The tasks of this app: each is harmless when it runs twice, late or never."""

from celery import shared_task
from django.utils import timezone

from accounts.answers import forget_answers
from accounts.audit_tidying import tidy_audit_trail


@shared_task(name="accounts.tidy_accounts")
def tidy_accounts_task() -> None:
    """Delete what accounts keep no longer (beat)."""
    tidy_audit_trail(now=timezone.now())


@shared_task(name="accounts.forget_answers")
def forget_answers_task() -> None:
    """Forget what requests of the interface were answered a day ago (beat)."""
    forget_answers(now=timezone.now())
