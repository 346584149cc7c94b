"""The tasks of this app: each is harmless when it runs twice, late or never."""

from celery import shared_task
from django.utils import timezone

from accounts.answers import forget_answers
from accounts.signing_in import forget_ended_sessions
from accounts.tidying import tidy_accounts


@shared_task(name="accounts.tidy_accounts")
def tidy_accounts_task() -> None:
    """Delete what accounts and people keep no longer (beat)."""
    tidy_accounts(now=timezone.now())
    forget_ended_sessions(now=timezone.now())


@shared_task(name="accounts.forget_answers")
def forget_answers_task() -> None:
    """Forget what requests of the interface were answered a day ago (beat)."""
    forget_answers(now=timezone.now())
