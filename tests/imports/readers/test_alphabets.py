"""Encodings of one byte a character, told by the letters."""

import pytest

from imports.readers.alphabets import guess_by_letters

TEXTS = {
    "german": "Jürgen;Groß;Köln\nZoë;Müller;Düsseldorf\nÄnne;Höß;„Bad“ – O’Neill\n",
    "one umlaut": "Ada;Köln\n",
    "capitals": "JÜRGEN;MÜLLER;GROßE STRAßE\n",
    "german with a Czech": "Jürgen;Groß;Köln\nZoë;Müller;Düsseldorf\nJan;Žižka;Größ\n",
    "german and others": "Jürgen;Groß;Köln\nHélène;Lefèvre;Besançon\nBegoña;Núñez;Málaga\nJoão;Conceição;Évora\n",
    "of many countries": "Hélène;Häßler\nJäger;Málaga\nFrançois;Bjørn\n",
    "few marks": "Chloé;Forêt\nRené;Bénêt\n",
    "french": "Hélène;Lefèvre;Orléans\nFrançois;Benoît;Nîmes\n",
    "italian": "Niccolò;Cantù;Forlì\nLuca;Nicolò;Mondovì\n",
    "spanish": "José;Muñoz;Málaga\nBegoña;Núñez;León\n",
    "portuguese": "João;Conceição;São Paulo\nInês;Magalhães;Évora\n",
    "nordic": "Øystein;Bjørnstad;Tromsø\nÅse;Kjær;Ålesund\n",
    "polish": "Łukasz;Wiśniewski;Łódź\nŻaneta;Dąbrowska;Częstochowa\n",
    "czech": "Jiří;Dvořák;Plzeň\nRůžena;Němcová;České Budějovice\n",
    "slovak": "Ľubomír;Šťastný;Žilina\nKatarína;Kováčová;Košice\n",
    "hungarian": "György;Erdős;Győr\nGábor;Szűcs;Kőszeg\n",
    "croatian": "Željko;Đurđević;Šibenik\nAnte;Čović;Zagreb\n",
    "romanian": "Ştefan;Ţepeş;Braşov\nIonuţ;Brânză;Iaşi\n",
    "turkish": "Işıl;Çağlar;İstanbul\nÖzgür;Şahin;Muğla\n",
    "russian": "Иван;Петров;Москва\nЁлка;Щукин;Санкт-Петербург\n",
    "greek": "Γιώργος;Παπαδόπουλος;Αθήνα\n",
}
WESTERN = ("windows-1252", "mac-roman", "cp850")
CENTRAL = ("windows-1250", "iso-8859-2", "cp852")
ENCODINGS_OF = {
    "german": ("windows-1252", "mac-roman"),  # the others have not all of its signs
    "one umlaut": (*WESTERN, "iso-8859-15"),
    "capitals": WESTERN,
    "german with a Czech": ("windows-1252",),
    "german and others": WESTERN,
    "of many countries": ("windows-1252",),
    "few marks": WESTERN,
    **dict.fromkeys(["french", "italian", "spanish", "portuguese", "nordic"], WESTERN),
    **dict.fromkeys(["polish", "czech", "slovak", "hungarian"], CENTRAL),
    **dict.fromkeys(["croatian", "romanian"], CENTRAL[:2]),
    "turkish": ("windows-1254",),
    "russian": ("windows-1251", "koi8-r"),
    "greek": ("windows-1253",),
}
EVERY = [(name, encoding) for name, encodings in ENCODINGS_OF.items() for encoding in encodings]


@pytest.mark.parametrize(("name", "encoding"), EVERY)
def test_text_is_read_in_an_encoding_that_gives_it_back(name: str, encoding: str) -> None:
    data = TEXTS[name].encode(encoding)
    assert data.decode(guess_by_letters(data) or "ascii", errors="replace") == TEXTS[name]


def test_euro_sign_tells_two_encodings_apart() -> None:
    assert [guess_by_letters("für 10 €\n".encode(codec)) for codec in ("windows-1252", "iso-8859-15")] == [
        "windows-1252",
        "iso-8859-15",
    ]


def test_letters_of_no_alphabet_are_left_to_others() -> None:
    assert [
        guess_by_letters("日本語;東京;大阪\n佐藤;鈴木;名古屋\n".encode(codec)) for codec in ("shift_jis", "euc_jp")
    ] == [None, None]
