"""Every address of Listkeep, found by walking the URL resolver, and the people who ask for them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import quote

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.customer import Customer

ACCOUNT = "account_id"
# What stands for a part of an address, by the part's name: the rows of a customer that it may name.
PARTS: dict[str, Callable[[Customer], list[Any]]] = {
    ACCOUNT: lambda customer: [customer.account.pk],
    "group_id": lambda customer: [customer.group.pk, customer.deleted.pk],
    "recipient_id": lambda customer: [customer.recipient.id],
    "field_id": lambda customer: [customer.field.pk, customer.account_wide_field.pk],
    "import_id": lambda customer: [run.pk for run in customer.imports.values()],
    "backup_id": lambda customer: [customer.backup.pk, customer.backup_of_deleted.pk],
    "export_id": lambda customer: [export.pk for export in customer.exports],
    "deletion_id": lambda customer: [customer.deletion.pk],
    "token_id": lambda customer: [customer.token.pk],
    "restore_id": lambda customer: [customer.imports["undo"].pk],
    "member_id": lambda customer: customer.member_ids,
    "invitation_id": lambda customer: [customer.invitation.pk],
    "to_account": lambda customer: [customer.account.pk],
    "secret": lambda _customer: ["some-secret"],
    "session_id": lambda _customer: [1],
    "pk": lambda _customer: [1],
    "app_label": lambda _customer: ["backups"],
    "object_id": lambda customer: [customer.backup.pk],
    "format": lambda _customer: ["csv"],
    "key": lambda _customer: ["some-key"],
    "uidb36": lambda _customer: ["1"],
    "rest": lambda _customer: ["groups", "token.php"],
}
# Parts that name no row of a customer, and those that are numbers.
WORDS = {"to_account", "secret", "session_id", "pk", "app_label", "object_id", "format", "key", "uidb36", "rest"}
NUMBERS = {"member_id", "invitation_id", "group_id", "recipient_id", "field_id", "token_id"}


@dataclass(frozen=True)
class Address:
    """One pattern of the resolver: its name with the namespace, and the names of its parts."""

    name: str
    parts: tuple[str, ...]

    @property
    def in_account(self) -> bool:
        """Whether it lies inside an account."""
        return ACCOUNT in self.parts

    @property
    def names_objects(self) -> bool:
        """Whether it names a row beside the account."""
        return bool(set(self.parts) - WORDS - {ACCOUNT})

    def paths(self, customer: Customer, **fixed: int) -> list[str]:
        """The address of every row of `customer` that it can name; a part that `fixed` names is that in each of them.

        Raises KeyError for a part that PARTS does not know.
        """
        choices = [
            [(part, value) for value in ([fixed[part]] if part in fixed else PARTS[part](customer))]
            for part in self.parts
        ]
        return [reverse(self.name, kwargs=dict(chosen)) for chosen in product(*choices)]


def addresses() -> list[Address]:
    """Every address, in the resolver's order."""
    return list(walk(get_resolver().url_patterns, "", ()))


def walk(patterns: list[URLPattern | URLResolver], namespace: str, parts: tuple[str, ...]) -> Iterator[Address]:
    """The addresses below some patterns."""
    for one in patterns:
        here = (*parts, *parts_of(one))
        if isinstance(one, URLResolver):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from walk(one.url_patterns, inner, here)
        else:
            assert one.name, f"the pattern {one.pattern} has no name"
            yield Address(name=namespace + one.name, parts=here)


def parts_of(pattern: URLPattern | URLResolver) -> tuple[str, ...]:
    """The names of the parts of one pattern."""
    converters = getattr(pattern.pattern, "converters", {})
    return tuple(converters) or tuple(pattern.pattern.regex.groupindex)


def login_for(path: str) -> str:
    """Where who is not signed in is sent from `path`."""
    return f"/auth/login/?next={quote(path)}"


@dataclass(frozen=True)
class Answer:
    """What came back. `told` is all of it, in small letters: headers, cookies and the whole body."""

    status: int
    told: str
    location: str
    varies_by: str
    template: str


def ask(client: Client, method: str, path: str, data: dict[str, str] | None = None) -> Answer:
    """Send a request, with `data` as its query or form, and take the whole answer, streamed or not."""
    response: Any = client.get(path, data) if method == "GET" else client.post(path, data)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    return Answer(
        status=response.status_code,
        told=f"{headers}\n{response.cookies.output()}\n{body.decode(errors='replace')}".lower(),
        location=response.get("Location", ""),
        varies_by=response.get("Vary", ""),
        template=response.templates[0].name if response.templates else "",
    )


def policy_of(answer: Answer) -> set[str]:
    """What the answer's content security policy says, as directives."""
    lines = [line for line in answer.told.split("\n\n")[0].splitlines() if line.startswith("content-security-policy: ")]
    return {part.strip() for line in lines for part in line.partition(": ")[2].split(";")}


def without_tokens(text: str) -> str:
    """A page without what differs at each showing: the token against forged forms, and the request's name."""
    varying = r'(csrfmiddlewaretoken" value="|csrftoken=|x-request-id: )[^";\n]+'
    return re.sub(varying, r"\1", text, flags=re.IGNORECASE)
