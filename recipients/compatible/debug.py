"""What clients ask about their own token."""

from datetime import timedelta
from typing import Any, Final

from accounts.access_tokens import end_access
from accounts.models import Account, User
from recipients.compatible.calls import Call
from recipients.compatible.tokens import token_set

A_YEAR: Final = timedelta(days=365)  # said of a token without an end, where clients expect a number


def ping() -> str:
    """That somebody is there."""
    return "pong"


def who_am_i(call: Call) -> dict[str, str]:
    """The account and the person whose token it is. Listkeep keeps no postal address; those members are empty."""
    account: Account = call.account
    person: User = call.actor
    return {
        "id": str(account.pk),
        "name": person.last_name,
        "firstname": person.first_name,
        "salutation": "",
        "street": "",
        "company": account.name,
        "zip": "",
        "city": "",
        "phone": "",
        "fax": "",
        "email": person.email,
        "country": "",
        "login_domain": "",
    }


def time_to_live(call: Call) -> dict[str, Any]:
    """For how many seconds the token counts, and until when."""
    known = call.admitted.expires_at if call.admitted else call.token.expires_at
    expires_at = known or call.now + A_YEAR
    return {"ttl": int((expires_at - call.now).total_seconds()), "date": f"{expires_at:%Y-%m-%d %H:%M:%S}"}


def validate(call: Call) -> bool:
    """That the token counts: otherwise nobody comes here."""
    return True


def exchange(call: Call) -> dict[str, Any]:
    """A new set of tokens."""
    return token_set(call.token, call.now)


def end(call: Call) -> bool:
    """All access tokens that were given out for this client count no more; its name and secret still do."""
    end_access(token=call.token, now=call.now)
    return True
