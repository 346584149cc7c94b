"""What is translated and where: the catalogs of Listkeep and the messages that its code and templates use."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

APPS = ("accounts", "recipients", "imports", "backups")
LANGUAGE = "de"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
COMMENT_TAG = "Translators"
TEMPLATE_SUFFIXES = {".html", ".txt"}


@dataclass(frozen=True)
class Key:
    """What identifies a message: its context and its English text, singular and plural where it counts something."""

    context: str | None
    texts: tuple[str, ...]

    @property
    def id(self) -> str | tuple[str, ...]:
        """The message id in Babel's form: one text, or the pair of singular and plural."""
        return self.texts[0] if len(self.texts) == 1 else self.texts


@dataclass(frozen=True)
class Source:
    """One catalog: its name and the files whose texts it holds."""

    name: str
    root: Path

    @property
    def po(self) -> Path:
        """The file of the German translations."""
        folder = self.root if self.name == "shared" else self.root / self.name
        return folder / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"

    def files(self) -> list[Path]:
        """The Python files and templates of the catalog, in the order of their paths.

        An app's catalog has its package and `templates/<app>/`; the shared one has `config/` and the other templates.
        """
        package = self.root / ("config" if self.name == "shared" else self.name)
        templates = self.root / "templates"
        found = [path for path in package.rglob("*.py") if "migrations" not in path.relative_to(package).parts]
        for path in templates.rglob("*"):
            top = path.relative_to(templates).parts[0]
            owner = top if top in APPS else "shared"
            if path.suffix in TEMPLATE_SUFFIXES and owner == self.name:
                found.append(path)
        return sorted(found)


@dataclass
class Use:
    """Where a message is used, and what its authors tell the translators."""

    paths: list[str]
    comments: list[str]


def sources(root: Path) -> list[Source]:
    """All catalogs of the project in `root`: one for each app and the shared one."""
    return [Source(name=name, root=root) for name in (*APPS, "shared")]


def used_messages(source: Source) -> dict[Key, Use]:
    """Every message that the catalog's files use, in the order of first use."""
    found: dict[Key, Use] = {}
    for path in source.files():
        name = path.relative_to(source.root).as_posix()
        for key, comments in messages_of(path):
            use = found.setdefault(key, Use(paths=[], comments=[]))
            if name not in use.paths:
                use.paths.append(name)
            use.comments += [comment for comment in comments if comment not in use.comments]
    return found


def messages_of(path: Path) -> Iterator[tuple[Key, list[str]]]:
    """The messages of one file with the comments for translators above them, in the file's order."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in TEMPLATE_SUFFIXES:
        # Django turns the template into pseudo-Python; its indentation follows the HTML and would confuse a tokenizer.
        text = "\n".join(line.lstrip() for line in templatize(text, origin=path.name).splitlines())
    results = extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS, comment_tags=[COMMENT_TAG])
    for _line, message, comments, context in results:
        texts = (message,) if isinstance(message, str) else tuple(message)
        if texts[0]:
            yield Key(context=context, texts=texts), comments


def read_catalog(source: Source) -> Catalog:
    """The German translations of a catalog as they stand in its file; empty when there is no file yet."""
    if not source.po.exists():
        return Catalog(locale=LANGUAGE)
    with source.po.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def translations(catalog: Catalog) -> dict[Key, tuple[str, ...]]:
    """The translation of each message in the catalog: one text for each plural form, empty where it is missing."""
    found: dict[Key, tuple[str, ...]] = {}
    for message in catalog:
        if message.id:
            texts = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            empty = ("",) * len(texts)
            strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or empty)
            found[Key(context=message.context, texts=texts)] = strings
    return found
