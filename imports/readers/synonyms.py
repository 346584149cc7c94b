"""Names that mean the same column: as people write them in German and English, and as other products export them.

Among these: Mailchimp (OPTIN_TIME, UNSUB_TIME, CLEAN_TIME), Brevo (ADDED_TIME, OPT_IN), CleverReach (registered,
deactivated, bounced), rapidmail (created, activated, status), HubSpot (Create Date, Unsubscribed from all email, Portal
Unsubscribe), listmonk (created_at, status).
"""

import unicodedata
from typing import Final

from imports.readers.choices import StatusFormat
from recipients.masterdata.labels import BASE_LABELS

_BASE_NAMES: Final = {
    "email": "email emailadresse emailaddress mail mailadresse mailaddress emailprivat empfaenger empfaengeradresse "
    "recipient subscriber contactemail kontaktemail",
    "registered_at": "registriert registrierungsdatum registrierung anmeldedatum anmeldung angemeldet angemeldetam "
    "eingetragenam erstelltam registered registrationdate signup signupdate signedup signedupat subscribed "
    "subscribedat subscribedate subscriptiondate subscribetime optintime optindate optinat created createdat "
    "createdate createdon creationdate erstellt dateadded addeddate addedtime addedat added joined joinedat",
    "activated_at": "aktiviert aktivierungsdatum aktivierung bestaetigt bestaetigtam bestaetigungsdatum doi doidatum "
    "doidate doubleoptin doubleoptindatum doubleoptindate activated activatedon activationdate confirmed confirmedat "
    "confirmedon confirmdate confirmtime confirmationdate confirmationtime",
    "deactivated_at": "deaktiviert deaktivierungsdatum abmeldedatum abmeldung abgemeldet abgemeldetam ausgetragenam "
    "abmeldezeitpunkt deactivated deactivatedon deactivationdate unsubscribed unsubscribedat unsubscribedon "
    "unsubscribedate unsubscribetime unsubtime unsubdate optout optoutdate optouttime optoutat blocklistedat "
    "blacklistedat",
    "bounced_at": "bounced bounce bouncedon bouncedatum bouncedate bouncetime hardbounce hardbouncedate "
    "lasthardbouncedate cleantime cleanedat unzustellbar unzustellbarseit",
    "source": "quelle herkunft anmeldequelle source origin signupsource optinsource",
    "tags": "tags tag schlagworte schlagwoerter stichworte labels",
}

_FIELD_NAMES: Final = (
    "vorname firstname givenname forename fname rufname",
    "nachname lastname surname familyname familienname lname zuname",
    "name fullname vollstaendigername vornamenachname",
    "anrede geschlecht gender sex salutation",
    "titel title akademischertitel",
    "beruf position funktion jobtitle job berufsbezeichnung",
    "firma firmenname unternehmen company companyname organisation organization organisationname associatedcompany",
    "strasse street strassehausnummer strasseundhausnummer adresse address addressline1 streetaddress",
    "hausnummer housenumber streetnumber",
    "plz postleitzahl zip zipcode postcode postalcode",
    "ort stadt wohnort city town",
    "land country staat countryregion",
    "bundesland state region province kanton stateregion",
    "telefon telefonnummer telephone phone phonenumber tel festnetz landline landlinenumber",
    "mobil mobiltelefon mobilnummer handy handynummer mobile mobilephone mobilephonenumber cell cellphone sms",
    "fax telefax faxnummer",
    "geburtstag geburtsdatum birthday birthdate dateofbirth dob gebdatum gebdat",
    "kundennummer kundennr customernumber customerno customerid kundenid kdnr",
    "sprache language locale preferredlanguage",
    "umsatz revenue turnover sales",
    "webseite website homepage url internet websiteurl",
    "bemerkung bemerkungen notiz notizen anmerkung note notes comment remark",
)

# Heard only where the cells are words, or yes and no: these names stand above dates as well, and above other things.
# Not among them: double opt-in. Who has none may have signed up in another way.
_STATUS_NAMES: Final = {
    StatusFormat.WORDS: "status state emailstatus emailmarketing emailmarketingstatus emailsubscriptionstatus "
    "subscriptionstatus subscriberstatus subscriptionstate subscription membershipstatus memberstatus contactstatus "
    "recipientstatus marketingstatus newsletterstatus abostatus anmeldestatus empfaengerstatus kontaktstatus "
    "optinstatus",
    StatusFormat.YES_ACTIVE: "optin optedin emailoptin marketingoptin newsletteroptin subscribed issubscribed "
    "newsletter newsletterabo newsletteranmeldung newslettersubscription abonniert angemeldet active isactive aktiv "
    "activated aktiviert confirmed bestaetigt enabled einwilligung zustimmung consent marketingconsent emailconsent "
    "gdprconsent dsgvoeinwilligung acceptsmarketing acceptsemailmarketing marketingerlaubnis werbeeinwilligung",
    StatusFormat.YES_UNSUBSCRIBED: "unsubscribed isunsubscribed unsubscribe globalunsubscribe portalunsubscribe "
    "unsubscribedfromallemail unsubscribedfromallemails optout optedout emailoptout hasoptedoutofemail blacklisted "
    "isblacklisted emailblacklisted blacklist blocklisted isblocklisted emailblocklisted blocklist blocked blockiert "
    "gesperrt suppressed donotemail donotmail donotcontact abgemeldet inactive inaktiv deactivated deaktiviert "
    "disabled portalspamreport spamreport spamcomplaint unsubreason unsubscribereason abmeldegrund",
    StatusFormat.YES_BOUNCED: "bounced isbounced bounce hardbounce hardbounced hasbounced emailbounced "
    "emailhardbounce portalbounce globalbounce emailhardbouncereason hardbouncereason bouncereason bouncegrund "
    "unzustellbar undeliverable",
}
_REASON_NAMES: Final = (
    "portalbounce globalbounce emailhardbouncereason hardbouncereason bouncereason bouncegrund unsubreason "
    "unsubscribereason abmeldegrund"
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

STATUS_NAMES: Final = {name: how for how, names in _STATUS_NAMES.items() for name in names.split()}
"""How a column with this plain name tells the status, if its cells have no dates."""
REASON_NAMES: Final = frozenset(_REASON_NAMES.split())
"""The plain names of columns that have an entry only where somebody left or bounced."""

_GROUPS: Final = [frozenset(words.split()) for words in _FIELD_NAMES]


def field_names(label: str, key: str) -> frozenset[str]:
    """The plain names of a field: its label, its key, and what means the same as either."""
    own = {plain_name(label), plain_name(key)} - {""}
    return frozenset(own).union(*(group for group in _GROUPS if group & own))
