"""Generated recipients: an address and nine fields (names with umlauts, a date, a number, text), in random order."""

import random
from pathlib import Path

FIELDS = {
    "Vorname": "text",
    "Nachname": "text",
    "Ort": "text",
    "Straße": "text",
    "Geburtstag": "date",
    "Umsatz": "number",
    "Kundennummer": "text",
    "Anrede": "gender",
    "Bemerkung": "text",
}
FIRST = ["Jürgen", "Anna", "Özlem", "Zoë", "Björn", "Käthe", "Łukasz", "Peter", "Sophie", "Noël", "Änne", "Martin"]
LAST = ["Schäfer", "Größe", "Weiß", "Meyer", "O'Brien", "Nuñez", "Çelik", "Schmidt", "Müller", "Høgh", "Krüger"]
CITIES = ["Köln", "München", "Düsseldorf", "Nürnberg", "Zürich", "Graz", "Berlin", "Hamburg", "Würzburg", "Bremen"]
STREETS = ["Hauptstraße", "Schloßallee", "Am Bühl", "Gartenweg", "Königstraße", "Bahnhofstraße", "Lindenallee"]
NOTES = ["", "", "", "Kunde seit der Messe", "Bitte nur per Post", "Empfohlen von „Herrn Groß“", "Rückruf vereinbart"]


def write_csv(path: Path, rows: int, *, seed: int, variant: int = 0) -> None:
    """A file of `rows` people in random order; another `variant` has the same people with every row changed."""
    numbers = list(range(rows))
    random.Random(seed + variant).shuffle(numbers)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(";".join(["E-Mail", *FIELDS]) + "\r\n")
        for number in numbers:
            file.write(person(number, seed, variant))


def person(number: int, seed: int, variant: int) -> str:
    """One line of the file: the same person for the same number and seed."""
    chance = random.Random(number * 1_000_003 + seed)
    pick = chance.choice
    cents = chance.randrange(1_000_000) + variant
    return (
        f"{chance.randrange(1 << 32):08x}.{number}@example{number % 50}.org;{pick(FIRST)};{pick(LAST)};"
        f"{pick(CITIES)};{pick(STREETS)} {chance.randrange(1, 200)};"
        f"{chance.randrange(1940, 2010)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02};"
        f"{cents // 100}.{cents % 100:02};{chance.randrange(10**7):08};{pick(['Frau', 'Herr'])};{pick(NOTES)}\r\n"
    )
