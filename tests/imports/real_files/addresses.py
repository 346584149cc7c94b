"""Addresses that the standards allow, and addresses that they or Listkeep forbid."""

from typing import Final

from tests.imports.real_files.builders import text
from tests.imports.real_files.case import Readable, as_text

# Written → stored, where it is not just the small letters.
ALLOWED: Final = {
    "ada@example.org": None,
    "Bob.Meier@Example.ORG": None,
    "ada+news@example.org": None,
    "o'neill@example.org": None,
    "first.last-name_2@sub.example.co.uk": None,
    "!#$%&*/=?^_`{|}~@example.org": None,
    "müller@example.org": None,
    "info@bücher.example.de": None,
    "info@XN--BCHER-KVA.example.de": "info@bücher.example.de",
    "用户@例子.广告": None,
    "a@b.museum": None,
    f"{'x' * 64}@example.org": None,
    " leer@example.org ": "leer@example.org",
    "\u00a0fest@example.org\u00a0": "fest@example.org",
    "mu\u0308de@example.org": "müde@example.org",
}
FORBIDDEN: Final = (
    "ada",
    "ada@",
    "@example.org",
    "ada@example",
    "ada@@example.org",
    "ada@bob@example.org",
    "ada@example.org; bob@example.org",
    "ada example.org",
    "ada @example.org",
    ".ada@example.org",
    "ada.@example.org",
    "ada..l@example.org",
    "ada@-example.org",
    "ada@example..org",
    "ada@example.org.",
    "ada@[192.0.2.1]",
    "ada@192.0.2.1",
    "ada@localhost",
    "ada@example.invalid",
    "ada@example.test",
    "ada(privat)@example.org",
    '"ada l"@example.org',
    f"{'x' * 65}@example.org",
    f"ada@{'x' * 64}.org",
    f"ada@{'x' * 60}.{'y' * 60}.{'z' * 60}.{'w' * 60}.{'v' * 20}.org",
    "n/a",
    "ada@example,org",
    "ada@exa_mple.org",
)


def cell(address: str) -> str:
    """An address as a cell of a CSV file."""
    return '"{}"'.format(address.replace('"', '""'))


CASES: Final = [
    Readable(
        "addresses_that_are_allowed",
        "adressen.csv",
        text("\n".join(["E-Mail;Nr.", *(f"{cell(address)};1" for address in ALLOWED), ""])),
        as_text(),
        {"email": "E-Mail"},
        canonical={address.strip(" \u00a0"): stored for address, stored in ALLOWED.items() if stored},
    ),
    Readable(
        "addresses_that_are_forbidden",
        "adressen.csv",
        text("\n".join(["E-Mail;Nr.", "gut@example.org;0", *(f"{cell(address)};1" for address in FORBIDDEN), ""])),
        as_text(),
        {"email": "E-Mail"},
        rejected=dict.fromkeys(range(3, 3 + len(FORBIDDEN)), "invalid_email"),
    ),
]
