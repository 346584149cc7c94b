"""An authenticator app made of Python: it is set up as the page says, and gives the codes of the moment."""

import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from tests.page_content import read


def code_of(secret: str) -> str:
    """The six digits that the app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def set_up(client: Client) -> Any:
    """Switch it on; the page that follows."""
    url = reverse("mfa_activate_totp")
    secret = read(client.get(url)).all("code")[0].text
    return client.post(url, {"code": code_of(secret)}, follow=True)
