"""The mail to the owners of an account that is being closed: that everything can be downloaded, and until when."""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from accounts.mail import MAIL_FAILURES
from accounts.models import User
from backups.closing import owners_of

logger = logging.getLogger(__name__)


def tell_owners(closure: Any, *, told: list[int]) -> list[int]:
    """Write to each owner who is not `told` yet, in their language; gives those whom nobody took the mail for.

    In the account's scope. Who was told is added to `told`: one bad address must not write to the others again.
    """
    untold = []
    for owner in owners_of(closure.account_id):
        if owner.pk in told:
            continue
        try:
            _tell(closure, owner)
        except MAIL_FAILURES:
            logger.warning("an owner could not be told of closing %s; it is tried again", closure.pk, exc_info=True)
            untold.append(owner.pk)
        else:
            told.append(owner.pk)
    return untold


def _tell(closure: Any, owner: User) -> None:
    context = {"closure": closure, "account": closure.account}
    with translation.override(owner.language or closure.language):
        subject = render_to_string("backups/email/closing_subject.txt", context)
        message = render_to_string("backups/email/closing_message.txt", context)
    send_mail(" ".join(subject.split()), message, settings.DEFAULT_FROM_EMAIL, [owner.email])
