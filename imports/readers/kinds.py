"""What kind of file it is, told by its bytes; the name of an upload proves nothing."""

import re
from pathlib import Path
from typing import Final

from imports.readers.archive import is_xlsx
from imports.readers.choices import Kind
from imports.readers.problems import FileProblem, UnreadableFile
from imports.readers.unpacking import ZIP_SIGNATURES

_HEAD_BYTES: Final = 8 * 1024
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_WORKBOOKS: Final = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
_OLE_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
# The beginning of an XLS workbook of Excel 97 or 95, and right behind it the record that says how it is encrypted.
_XLS_ENCRYPTED: Final = re.compile(
    rb"\x09\x08(?:\x10\0\0\x06\x05\0.{12}|\x08\0\0\x05\x05\0.{4})(?:\x86\0\0\0)?\x2f\0", re.DOTALL
)
# A cell, or the result of a formula, that is an error: record, length, place, format, error.
_XLS_ERROR: Final = re.compile(
    rb"\x05\x02\x08\0.{6}[\x00\x07\x0f\x17\x1d\x24\x2a\x2b]\x01|\x06\0.\0.{6}\x02.[\x00\x07\x0f\x17\x1d\x24\x2a\x2b]...\xff\xff",
    re.DOTALL,
)
_PARQUET: Final = b"PAR1"
_SIGNATURES: Final = {
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif",
    b"BM": "bmp",
    b"II*\x00": "tiff",
    b"MM\x00*": "tiff",
    b"%PDF": "pdf",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"SQLite format 3": "sqlite",
    b"{\\rtf": "rtf",
    b"MZ": "exe",
    b"\x7fELF": "exe",
}
_MARKUP: Final = {
    b"<!doctype html": "html",
    b"<html": "html",
    b"<table": "html",
    b"<?xml": "xml",
    b"begin:vcard": "vcard",
}
_JSON: Final = re.compile(rb'[\[{]\s*["\[{\]}]')
# Not among them: white space, end of file, escape and the separators, which old programs put into texts.
_CONTROLS: Final = bytes(byte for byte in range(1, 0x1A) if byte not in b"\t\n\v\f\r")
_DELIMITER: Final = 1  # parts the cells of some databases' exports
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def detect_kind(path: Path) -> Kind:
    """The kind of the file. Raises UnreadableFile for what cannot be read."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise UnreadableFile(FileProblem.EMPTY)
    binary = _detect_binary(path, head)
    if binary is not None:
        return binary
    for signature, name in _SIGNATURES.items():
        # Short signatures are words that a text may begin with, so a byte that no text has must be near.
        if head.startswith(signature) and (len(signature) > 2 or _has_control_bytes(head)):
            raise UnreadableFile(FileProblem.NOT_TEXT, detail=name)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _JSON.match(text):
        raise UnreadableFile(FileProblem.NOT_TEXT, detail="json")
    start = text[:16].lower()
    for beginning, name in _MARKUP.items():
        if start.startswith(beginning):
            raise UnreadableFile(FileProblem.NOT_TEXT, detail=name)
    if _is_binary(head):
        raise UnreadableFile(FileProblem.NOT_TEXT, detail="binary")
    return Kind.CSV


def _detect_binary(path: Path, head: bytes) -> Kind | None:
    """The kind of a file that is no text and can be read; None for any other."""
    if head.startswith(ZIP_SIGNATURES) and is_xlsx(path):
        return Kind.XLSX
    if head.startswith(_PARQUET) and _has_control_bytes(head):
        return Kind.PARQUET
    return _detect_ole(path) if head.startswith(_OLE) else None


def _detect_ole(path: Path) -> Kind:
    """XLS, or an XLSX inside the envelope that Office uses for passwords, or another old Office file."""
    content = path.read_bytes()
    if _OLE_ENCRYPTED in content or _XLS_ENCRYPTED.search(content):
        raise UnreadableFile(FileProblem.PASSWORD_PROTECTED)
    if any(name in content for name in _OLE_WORKBOOKS):
        if _XLS_ERROR.search(content):
            raise UnreadableFile(FileProblem.XLS_WITH_ERRORS)
        return Kind.XLS
    raise UnreadableFile(FileProblem.NOT_TEXT, detail="ole")


def _has_control_bytes(head: bytes) -> bool:
    """Whether there are bytes that no text in an 8-bit encoding has."""
    return any(byte in head for byte in _CONTROLS)


def _is_binary(head: bytes) -> bool:
    """Whether many bytes are control characters, and it is no UTF-16 or UTF-32 (whose zeros are regular)."""
    if head.startswith(_WIDE_MARKS):
        return False
    zeros = head.count(0)
    controls = sum(head.count(byte) for byte in _CONTROLS if byte != _DELIMITER)
    if controls > 0.05 * len(head):
        return True
    even, odd = head[::2].count(0), head[1::2].count(0)
    is_wide = zeros > 0.2 * len(head) and (even < 0.1 * odd or odd < 0.1 * even)
    return zeros > 0.05 * len(head) and not is_wide
