"""Names that mean the same column, in German and English, as people write them above their columns."""

import unicodedata
from typing import Final

from recipients.masterdata.labels import BASE_LABELS

_BASE_NAMES: Final = {
    "email": "email emailadresse emailaddress mail mailadresse mailaddress emailprivat empfaenger empfaengeradresse "
    "recipient subscriber contactemail kontaktemail",
    "registered_at": "registriert registrierungsdatum registrierung anmeldedatum anmeldung angemeldet angemeldetam "
    "eingetragenam erstelltam registered registrationdate signup signupdate signedup signedupat subscribed "
    "subscribedat subscriptiondate optintime optindate created createdat dateadded added joined",
    "activated_at": "aktiviert aktivierungsdatum aktivierung bestaetigt bestaetigtam bestaetigungsdatum doi doidatum "
    "doidate doubleoptin activated activationdate confirmed confirmedat confirmtime confirmationdate confirmationtime",
    "deactivated_at": "deaktiviert deaktivierungsdatum abmeldedatum abmeldung abgemeldet abgemeldetam ausgetragenam "
    "deactivated deactivationdate unsubscribed unsubscribedat unsubscribedate unsubtime optout optoutdate optouttime",
    "bounced_at": "bounced bounce bouncedatum bouncedate hardbounce unzustellbar unzustellbarseit",
    "source": "quelle herkunft anmeldequelle source origin signupsource optinsource",
    "tags": "tags tag schlagworte schlagwoerter stichworte labels",
}

_FIELD_NAMES: Final = (
    "vorname firstname givenname forename fname rufname",
    "nachname lastname surname familyname familienname lname zuname",
    "name fullname vollstaendigername vornamenachname",
    "anrede geschlecht gender sex salutation",
    "titel title akademischertitel",
    "firma firmenname unternehmen company companyname organisation organization organisationname",
    "strasse street strassehausnummer strasseundhausnummer adresse address addressline1 streetaddress",
    "hausnummer housenumber streetnumber",
    "plz postleitzahl zip zipcode postcode postalcode",
    "ort stadt wohnort city town",
    "land country staat",
    "bundesland state region province kanton",
    "telefon telefonnummer telephone phone phonenumber tel festnetz",
    "mobil mobiltelefon mobilnummer handy handynummer mobile mobilephone cell cellphone",
    "fax telefax faxnummer",
    "geburtstag geburtsdatum birthday birthdate dateofbirth dob gebdatum gebdat",
    "kundennummer kundennr customernumber customerno customerid kundenid kdnr",
    "sprache language locale",
    "umsatz revenue turnover sales",
    "webseite website homepage url internet",
    "bemerkung bemerkungen notiz notizen anmerkung note notes comment remark",
)

_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def plain_name(name: str) -> str:
    """A name without case, marks, blanks and punctuation: "E-Mail-Adresse" becomes "emailadresse"."""
    spelled = unicodedata.normalize("NFC", name).lower().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", spelled)
    return "".join(character for character in decomposed if character.isalnum())


def _base_names() -> dict[str, frozenset[str]]:
    names = {target: set(words.split()) for target, words in _BASE_NAMES.items()}
    for labels in BASE_LABELS.values():
        for target, label in labels.items():
            names[target].add(plain_name(label))
    for target, words in names.items():
        words.add(plain_name(target))
    return {target: frozenset(words) for target, words in names.items()}


BASE_NAMES: Final = _base_names()
"""The plain names of each base column."""

_GROUPS: Final = [frozenset(words.split()) for words in _FIELD_NAMES]


def field_names(label: str, key: str) -> frozenset[str]:
    """The plain names of a field: its label, its key, and what means the same as either."""
    own = {plain_name(label), plain_name(key)} - {""}
    return frozenset(own).union(*(group for group in _GROUPS if group & own))
