"""People who do not exist, with German names, the same ones at every run."""

import random
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final


def _words(text: str) -> list[str]:
    """What stands between semicolons, on any number of lines."""
    return [word.strip() for word in text.split(";")]


WOMEN: Final = _words(
    """Anna; Jana; Björk; Käthe; Lene; Sophie; Zoë; Hanna; Marie; Aylin; Nele; Frauke; Grit; Svenja; Änne; Jördis;
    Klara; Ida; Mila; Yara; Franziska; Ute; Heike; Birgit; Sabine; Elif; Paula; Rosa; Thea; Wiebke"""
)
MEN: Final = _words(
    """Jürgen; Björn; Günther; Jörg; Sören; Kai; Lukas; Mehmet; André; Ole; Paul; Emil; Fritz; Götz; Hauke; Jonas; Niko;
    Konstantin; Matteo; Tönnies; Uwe; Volker; Wolf; Yusuf; Zeno; René; Benedikt; Cem; Tjark; Erik"""
)
SURNAMES: Final = _words(
    """Müller; Schäfer; Köster; Bäcker; Groß; Weiß; Jäger; Krüger; Schröder; Böhm; Köhler; Lüders; Strauß; Hübner;
    Förster; Sträter; Özdemir; Yilmaz; Nowak; Kowalski; Petersen; Hansen; Brandt; Vogel; Sommer; Winter; Lange; Kurz;
    Ehlers; Thießen; Maßmann; Grünwald; Rößler; Süß; Bühler; Dörfler; Kühn; Löwe; Möller; Nüßlein; Pöschl; Rühl; Schütz;
    Töpfer; Übel; Wölk; Zöllner; von der Heyde; d'Angelo; Meyer"""
)
CITIES: Final = _words(
    """Köln; München; Nürnberg; Düsseldorf; Lübeck; Göttingen; Würzburg; Osnabrück; Münster; Saarbrücken; Gießen; Fürth;
    Tübingen; Zürich; Wien; Graz; Leipzig; Dresden; Hamburg; Berlin; Bremen; Kassel; Halle (Saale); Frankfurt am Main"""
)
COMPANIES: Final = _words(
    """Gärtnerei Grün; Bäckerei Süß & Söhne; Möbelhaus Nord; Fahrradladen Ölkännchen; Café Größenwahn; Weingut Höhe;
    Buchhandlung „Lesezeichen“; Tischlerei Eiche; Blumen Blüte; Spedition Übersee"""
)
INTERESTS: Final = ("Garten", "Küche", "Möbel", "Rad & Reise", "Bücher")
DOMAINS: Final = ("example.org", "example.com", "example.net")
SPELLED_OUT: Final = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"}
GENDERS: Final = {"w": "weiblich", "m": "männlich", "d": "divers"}


@dataclass(frozen=True)
class Person:
    """Somebody in a list. Times are in the past of the moment that they were made for."""

    number: int
    email: str
    gender: str  # empty: not known
    first_name: str
    surname: str
    city: str
    company: str  # often empty
    birthday: date | None
    orders: int
    revenue: Decimal
    last_order: date | None
    interest: str
    registered_at: datetime
    activated_at: datetime | None  # None: never confirmed


def make_people(count: int, *, now: datetime, first_number: int = 1) -> list[Person]:
    """`count` people, numbered from `first_number` on; each is the same at every call, but for the moment `now`."""
    return [_person(number, now) for number in range(first_number, first_number + count)]


def _person(number: int, now: datetime) -> Person:
    chance = random.Random(number)  # noqa: S311  # a demo is no secret
    kind = chance.choices("wmd", (49, 49, 2))[0]
    first_name = chance.choice(MEN if kind == "m" else WOMEN)
    surname = chance.choice(SURNAMES)
    registered_at = (now - timedelta(days=chance.randint(40, 1500))).replace(
        hour=chance.randint(6, 22), minute=chance.randint(0, 59), second=0, microsecond=0
    )
    orders = chance.choice((0, 0, 1, 1, 2, 3, 5, 8, 13))
    return Person(
        number=number,
        email=f"{_plain(first_name)}.{_plain(surname)}{number}@{chance.choice(DOMAINS)}",
        gender=chance.choices((GENDERS[kind], ""), (9, 1))[0],
        first_name=first_name,
        surname=surname,
        city=chance.choice(CITIES),
        company=chance.choice(COMPANIES) if chance.random() < 0.25 else "",
        birthday=date(1945, 1, 1) + timedelta(days=chance.randint(0, 22000)) if chance.random() < 0.7 else None,
        orders=orders,
        revenue=Decimal(orders * chance.randint(900, 14000)) / 100,
        last_order=(now - timedelta(days=chance.randint(31, 700))).date() if orders else None,
        interest=chance.choice(INTERESTS),
        registered_at=registered_at,
        activated_at=registered_at + timedelta(minutes=chance.randint(1, 900)) if chance.random() < 0.96 else None,
    )


def _plain(name: str) -> str:
    """A name as it stands in an address."""
    spelled = name.lower().translate(SPELLED_OUT)
    decomposed = unicodedata.normalize("NFD", spelled)
    return "".join(character for character in decomposed if "a" <= character <= "z")
