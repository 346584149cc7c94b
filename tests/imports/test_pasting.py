"""Pasted lists of addresses become rows; pasted rows stay as they are."""

import pytest

from imports.pasting import as_table

PLAIN = "ada@example.org\nbob@example.org\n"
NAMED = "E-Mail\tName\nada@example.org\tAda Lovelace\nbob@example.org\t\n"


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("ada@example.org, bob@example.org", PLAIN),
        ("ada@example.org; bob@example.org;\r\n", PLAIN),
        ("ada@example.org bob@example.org", PLAIN),
        ("ada@example.org,\nbob@example.org,\n", PLAIN),
        ("<ada@example.org>, <bob@example.org>", PLAIN),
        ("\n ada@example.org \n\n\tbob@example.org\n", PLAIN),
        ("Ada Lovelace <ada@example.org>, bob@example.org", NAMED),
        ('"Ada  Lovelace" <ada@example.org>\nbob@example.org\n', NAMED),
        ("Ada Lovelace<ada@example.org>;bob@example.org", NAMED),
        ("Lovelace, Ada <ada@example.org>; Byron, B. <b@example.org>",
         "E-Mail\tName\nada@example.org\tLovelace, Ada\nb@example.org\tByron, B.\n"),
        ('"Lovelace, Ada" <ada@example.org>, "Byron; B." <b@example.org>',
         "E-Mail\tName\nada@example.org\tLovelace, Ada\nb@example.org\tByron; B.\n"),
        ("ada@example.org, eva@example", "ada@example.org\neva@example\n"),
    ],
)  # fmt: skip
def test_list_of_addresses_becomes_rows(text: str, table: str) -> None:
    assert as_table(text) == table


@pytest.mark.parametrize(
    "text",
    [
        "",
        "E-Mail\tOrt\nada@example.org\tKöln\n",
        "E-Mail\nada@example.org\nbob@example.org\n",
        "Ada;ada@example.org\nBob;bob@example.org\n",
        "ada@example.org;Köln\nbob@example.org;Bonn\n",
        "ada@example.org, bob@example.org und andere",
        "Ada <ada@example.org>, Bob",
        "ada@@example.org",
        'Ada "die Gräfin" <ada@example.org>',
    ],
)
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert as_table(text) == text
