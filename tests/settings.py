"""Listkeep's settings, but for what tests would only wait for; the processes that they start read these too."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from config.settings import *  # noqa: F403  # all of them


class OneRoundPasswordHasher(PBKDF2PasswordHasher):
    """Django's own hasher with one round in place of a million: nobody tries to guess a password here."""

    iterations = 1


PASSWORD_HASHERS = [f"{__name__}.{OneRoundPasswordHasher.__name__}"]
