"""What is wrong with the German translations, one sentence for each fault."""

import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog

from config.translations_sources import Key, Source, read_catalog, translations, used_messages

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|%[sdf]|\{\w*\}")


def problems(checked: list[Source], every: list[Source]) -> list[str]:
    """All faults of the `checked` catalogs, and each message that two of `every` catalog translate differently."""
    found: list[str] = []
    for source in checked:
        name = source.po.relative_to(source.root).as_posix()
        found += [f"{name}: {fault}" for fault in faults_of_catalog(set(used_messages(source)), read_catalog(source))]
    return found + contradictions(every)


def faults_of_catalog(used: set[Key], catalog: Catalog) -> Iterator[str]:
    """The faults of one catalog whose code and templates use the messages `used`."""
    held = translations(catalog)
    for key in sorted(used - held.keys(), key=str):
        yield f"{key.texts[0]!r} is used but not in the catalog; run make messages"
    for key in sorted(held.keys() - used, key=str):
        yield f"{key.texts[0]!r} is in the catalog but not used; run make messages"
    for message in catalog.obsolete.values():
        yield f"{message.id!r} is kept as a comment though it is not used; run make messages"
    for message in catalog:
        if message.id and message.fuzzy:
            yield f"{message.id!r} is marked fuzzy"
    for key in sorted(used & held.keys(), key=str):
        yield from faults_of_translation(key, held[key])


def faults_of_translation(key: Key, texts: tuple[str, ...]) -> Iterator[str]:
    """The faults of one translation: a form is missing, or placeholders or line ends are not the original's.

    German has as many forms as English. A form may leave out what its English form leaves out, as in "one recipient".
    """
    if len(texts) != len(key.texts) or not all(texts):
        yield f"{key.texts[0]!r} is not translated"
        return
    allowed = [sorted(PLACEHOLDER.findall(text)) for text in key.texts]
    for text, own in zip(texts, allowed, strict=True):
        if sorted(PLACEHOLDER.findall(text)) not in (own, allowed[-1]):
            yield f"{key.texts[0]!r} has other placeholders than its translation {text!r}"
        if text.startswith("\n") != key.texts[0].startswith("\n") or text.endswith("\n") != key.texts[0].endswith("\n"):
            yield f"{key.texts[0]!r} and its translation do not both begin or end with a new line"


def contradictions(every: list[Source]) -> list[str]:
    """Each message that two catalogs translate differently: Django would show either, depending on their order."""
    seen: dict[Key, tuple[str, tuple[str, ...]]] = {}
    found = []
    for source in every:
        for key, texts in translations(read_catalog(source)).items():
            first, other = seen.setdefault(key, (source.name, texts))
            if other != texts and all(other) and all(texts):
                found.append(f"{key.texts[0]!r} is {other[0]!r} in {first} but {texts[0]!r} in {source.name}")
    return found
