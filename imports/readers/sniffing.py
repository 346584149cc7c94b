"""Sniff: find out what a person's file is, so that the mapping page can show it and let it be changed."""

from pathlib import Path

from imports.readers.choices import Sniffed, Source


def sniff(path: Path, *, file_name: str, chosen: Source | None = None) -> Sniffed:
    """Guess how the file at `path` is to be read, from its bytes; `file_name` (as uploaded) only breaks ties.

    With `chosen`, nothing about the source is guessed: columns and samples are shown as that choice reads them.
    Raises UnreadableFile.
    """
    raise NotImplementedError
