"""Files in the encodings that programs write."""

import codecs
from typing import Final

from tests.imports.real_files.builders import raw, text
from tests.imports.real_files.case import Readable, as_text

GERMAN: Final = """\
E-Mail;Vorname;Nachname;Ort
juergen@example.org;Jürgen;Groß;Köln
zoe@example.org;Zoë;Müller;Düsseldorf
oezlem@example.org;Özlem;Ünal;Überlingen
aenne@example.org;Änne;Höß;Bad Säckingen
"""
# One word with one umlaut must do: most columns of a small list are plain ASCII.
SHORT: Final = "E-Mail;Vorname;Ort\nada@example.org;Ada;Köln\nbob@example.org;Bob;Bonn\n"
SIGNS: Final = """\
E-Mail;Vorname;Nachname;Ort
juergen@example.org;„Jürgen“;O’Neill;10 € – bar
zoe@example.org;Zoë;»Müller« & Söhne…;§ 5
"""
EURO: Final = "E-Mail;Vorname;Nachname;Ort\njuergen@example.org;Jürgen;Groß;für 10 €\nzoe@example.org;Zoë;Müller;Köln\n"
CAPITALS: Final = (
    "E-MAIL;VORNAME;NACHNAME;ORT\nJUERGEN@EXAMPLE.ORG;JÜRGEN;MÜLLER;KÖLN\nPER@EXAMPLE.ORG;PER;SÄVE;GÄVLE\n"
)
FRENCH: Final = """\
E-mail;First name;Last name;City
helene@example.org;Hélène;Lefèvre;Orléans
francois@example.org;François;Benoît;Besançon
chloe@example.org;Chloé;Forêt;Nîmes
"""
NORDIC: Final = """\
E-mail;First name;Last name;City
oeystein@example.org;Øystein;Bjørnstad;Tromsø
aase@example.org;Åse;Kjær;Ålesund
"""
POLISH: Final = """\
E-mail;First name;Last name;City
lukasz@example.org;Łukasz;Wiśniewski;Łódź
malgorzata@example.org;Małgorzata;Wójcik;Gdańsk
zaneta@example.org;Żaneta;Dąbrowska;Częstochowa
"""
CZECH: Final = """\
E-mail;First name;Last name;City
jiri@example.org;Jiří;Dvořák;Plzeň
ruzena@example.org;Růžena;Němcová;České Budějovice
stepan@example.org;Štěpán;Řezníček;Žďár nad Sázavou
"""
HUNGARIAN: Final = """\
E-mail;First name;Last name;City
gyorgy@example.org;György;Erdős;Győr
gabor@example.org;Gábor;Szűcs;Kőszeg
"""
NAMES: Final = {"email": "E-Mail", "vorname": "Vorname", "nachname": "Nachname", "ort": "Ort"}
SHORT_NAMES: Final = {"email": "E-Mail", "vorname": "Vorname", "ort": "Ort"}
ENGLISH: Final = {"email": "E-mail", "vorname": "First name", "nachname": "Last name", "ort": "City"}
IN_CAPITALS: Final = {"email": "E-MAIL", "vorname": "VORNAME", "nachname": "NACHNAME", "ort": "ORT"}


def german(name: str, codec: str, encoding: str, content: str = GERMAN, *, mark: bytes = b"") -> Readable:
    """A German file written with `codec`, to be read as `encoding`."""
    mapping = SHORT_NAMES if content is SHORT else IN_CAPITALS if content is CAPITALS else NAMES
    return Readable(name, "kunden.csv", text(content, codec, mark=mark), as_text(encoding=encoding), mapping)


def foreign(name: str, codec: str, encoding: str, content: str) -> Readable:
    """People of another country, under an English header."""
    return Readable(name, "export.csv", text(content, codec), as_text(encoding=encoding), ENGLISH)


CASES: Final = [
    german("utf_8", "utf-8", "utf-8"),
    german("utf_8_with_mark", "utf-8", "utf-8", mark=codecs.BOM_UTF8),
    Readable(
        "utf_16_as_excels_unicode_text",
        "kunden.txt",
        text(GERMAN.replace(";", "\t").replace("\n", "\r\n"), "utf-16-le", mark=codecs.BOM_UTF16_LE),
        as_text(encoding="utf-16-le", delimiter="\t"),
        NAMES,
    ),
    german("utf_16_big_endian", "utf-16-be", "utf-16-be", mark=codecs.BOM_UTF16_BE),
    german("utf_16_without_mark", "utf-16-le", "utf-16-le"),
    german("windows_1252", "windows-1252", "windows-1252"),
    german("windows_1252_with_signs", "windows-1252", "windows-1252", SIGNS),
    german("windows_1252_with_one_umlaut", "windows-1252", "windows-1252", SHORT),
    german("iso_8859_15_with_euro", "iso-8859-15", "iso-8859-15", EURO),
    german("mac_roman", "mac-roman", "mac-roman"),
    german("mac_roman_with_signs", "mac-roman", "mac-roman", SIGNS),
    german("mac_roman_with_one_umlaut", "mac-roman", "mac-roman", SHORT),
    german("cp850", "cp850", "cp850"),
    german("cp850_with_one_umlaut", "cp850", "cp850", SHORT),
    german("cp850_in_capitals", "cp850", "cp850", CAPITALS),
    foreign("french_windows_1252", "windows-1252", "windows-1252", FRENCH),
    foreign("nordic_mac_roman", "mac-roman", "mac-roman", NORDIC),
    foreign("polish_windows_1250", "windows-1250", "windows-1250", POLISH),
    foreign("czech_windows_1250", "windows-1250", "windows-1250", CZECH),
    foreign("hungarian_windows_1250", "windows-1250", "windows-1250", HUNGARIAN),
    Readable(
        "utf_8_with_wrong_bytes",
        "kunden.csv",
        raw(GERMAN.encode() * 3 + "j@example.org;Jörg;Weiß;Bonn\n".encode("windows-1252")),
        as_text(),
        NAMES,
        rejected={6: "invalid_email", 11: "invalid_email", 16: "unreadable_character"},
    ),
]
