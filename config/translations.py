"""Keeps the German translations whole: `python -m config.translations update | check | compile [catalog …]`.

`update` writes the messages in use into the .po files, `check` says what is wrong with them, `compile` makes the .mo
files that Django reads. No system package is needed. Catalogs are named `accounts`, `recipients`, `imports`, `backups`
and `shared`; without a name all are meant.
"""

import argparse
import io
import os
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po

from config.translations_check import problems
from config.translations_sources import (
    LANGUAGE,
    Key,
    Source,
    read_catalog,
    sources,
    translations,
    used_messages,
)

ROOT = Path(__file__).resolve().parent.parent
# Without dates and tool names, so that two people who update at the same time write the same header.
HEADER = rf"""msgid ""
msgstr ""
"Project-Id-Version: Listkeep\n"
"Language: {LANGUAGE}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""


def update(root: Path, names: list[str] | None = None) -> list[Path]:
    """Write the messages in use into the named catalogs and return the files that changed.

    Translations are kept, also when a message moves from one catalog to another. New messages stand empty, messages no
    longer used leave, and nothing is guessed.
    """
    known: dict[Key, tuple[str, ...]] = {}
    for source in sources(root):
        known |= {key: texts for key, texts in translations(read_catalog(source)).items() if all(texts)}
    changed = []
    for source in chosen(root, names):
        used = used_messages(source)
        own = translations(read_catalog(source))
        catalog = Catalog(locale=LANGUAGE)
        for key, use in sorted(used.items(), key=lambda item: (item[0].texts, item[0].context or "")):
            texts = own[key] if all(own.get(key, ("",))) else known.get(key, ("",) * len(key.texts))
            catalog.add(
                key.id,
                string=texts[0] if len(key.texts) == 1 else texts,
                locations=[(path, 0) for path in use.paths],
                auto_comments=use.comments,
                context=key.context,
            )
        if (used or source.po.exists()) and write_if_changed(source.po, po_bytes(catalog)):
            changed.append(source.po)
    return changed


def po_bytes(catalog: Catalog) -> bytes:
    """The catalog as a .po file without line numbers and dates."""
    body = io.BytesIO()
    write_po(body, catalog, width=100, omit_header=True, include_lineno=False)
    return HEADER.encode() + body.getvalue().strip() + b"\n"


def compile_catalogs(root: Path, names: list[str] | None = None) -> list[Path]:
    """Make the .mo files of the named catalogs and return those that changed."""
    changed = []
    for source in chosen(root, names):
        if source.po.exists():
            compiled = io.BytesIO()
            write_mo(compiled, read_catalog(source))
            if write_if_changed(source.po.with_suffix(".mo"), compiled.getvalue()):
                changed.append(source.po.with_suffix(".mo"))
    return changed


def write_if_changed(path: Path, content: bytes) -> bool:
    """Put `content` into the file in one step, unless it holds just that; true when it was written."""
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
    return True


def chosen(root: Path, names: list[str] | None) -> list[Source]:
    """The catalogs with these names, or all without a name."""
    return [source for source in sources(root) if not names or source.name in names]


def main(arguments: list[str]) -> int:
    """Run one command; the exit code is 1 when `check` finds a problem."""
    parser = argparse.ArgumentParser(prog="python -m config.translations")
    parser.add_argument("command", choices=["update", "check", "compile"])
    parser.add_argument("catalog", nargs="*")
    options = parser.parse_args(arguments)
    names: list[str] = options.catalog
    unknown = set(names) - {source.name for source in sources(ROOT)}
    if unknown:
        parser.error(f"no such catalog: {', '.join(sorted(unknown))}")
    if options.command == "check":
        found = problems(chosen(ROOT, names), sources(ROOT))
        sys.stdout.writelines(f"{line}\n" for line in found)
        return 1 if found else 0
    act = update if options.command == "update" else compile_catalogs
    sys.stdout.writelines(f"{path.relative_to(ROOT)}\n" for path in act(ROOT, names))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
