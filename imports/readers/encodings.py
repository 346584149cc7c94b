"""Bytes to text: guess a file's encoding, and read a file of any encoding as a stream of UTF-8."""

import codecs
from pathlib import Path
from typing import Final

from charset_normalizer import from_bytes

from imports.readers.alphabets import guess_by_letters
from imports.readers.problems import FileProblem, UnreadableFile

SAMPLE_BYTES: Final = 1024 * 1024
_BLOCK_BYTES: Final = 1024 * 1024
_PIECE_BYTES: Final = 128 * 1024
_UNREADABLE: Final = "\x00"

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _replace_by_nul(error: UnicodeError) -> tuple[str, int]:
    """Decoding error handler: what is no character becomes NUL, which no reader lets pass into a value."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _UNREADABLE, error.end


codecs.register_error("listkeep-nul", _replace_by_nul)


def guess_encoding(path: Path) -> str:
    """The Python name of the encoding that a text file is in. Reads the whole file, because one byte can decide.

    The strict rules come first: a byte order mark; what is valid UTF-8 is UTF-8. Then the encoding in which the bytes
    are letters of a European language. Only the rest is guessed by statistics.
    Raises UnreadableFile (unknown_encoding).
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    wide = _guess_wide(sample)
    if wide is not None:
        return wide
    broken = _first_break(path)
    if broken is None or _is_damaged_utf8(broken):
        return "utf-8"
    by_letters = guess_by_letters(broken)
    if by_letters is not None:
        return by_letters
    best = from_bytes(broken).best()
    if best is None:
        raise UnreadableFile(FileProblem.UNKNOWN_ENCODING)
    return codecs.lookup(best.encoding).name


def _guess_wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte of text in Latin letters is zero."""
    even, odd = sample[0:4096:2], sample[1:4096:2]
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def _first_break(path: Path) -> bytes | None:
    """A piece of the file around the first place that is no UTF-8, or None when there is no such place."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK_BYTES)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                file.seek(max(0, position + error.start - _PIECE_BYTES // 8))
                return file.read(_PIECE_BYTES)
            if not block:
                return None
            position += len(block)


def _is_damaged_utf8(piece: bytes) -> bool:
    """Whether a piece is UTF-8 but for a few bytes: many more right sequences of several bytes than wrong ones."""
    text = piece.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    right = sum(1 for character in text if character > "\x7f") - wrong
    return right > 4 * wrong


def _whole_characters(data: bytes) -> int:
    """The length of UTF-8 data without a character that only begins at its end."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) if back >= length else len(data) - back
        if byte < 0x80:
            break
    return len(data)


class Utf8Stream:
    """A text file as a stream of UTF-8 bytes, without its byte order mark. Bytes that are no character come as NUL.

    `position` and `size` are bytes of the file itself, for progress.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.size = path.stat().st_size
        self.position = 0
        self._file = path.open("rb")
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="listkeep-nul")
        self._is_utf8 = codecs.lookup(encoding).name == "utf-8"
        self._started = b""
        self._at_start = True
        self._ended = False

    def read(self) -> bytes:
        """The next piece, of about one MiB; empty at the end only."""
        while not self._ended:
            block = self._file.read(_BLOCK_BYTES)
            self.position += len(block)
            self._ended = not block
            data = self._transcode(block)
            if self._at_start and data:
                self._at_start = False
                data = data.removeprefix(codecs.BOM_UTF8)
            if data:
                return data
        return b""

    def _transcode(self, block: bytes) -> bytes:
        if not self._is_utf8:
            return self._decoder.decode(block, final=self._ended).encode("utf-8")
        data = self._started + block
        whole = len(data) if self._ended else _whole_characters(data)
        data, self._started = data[:whole], data[whole:]
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("utf-8", errors="listkeep-nul").encode("utf-8")
        return data  # as nearly always: nothing to copy

    def close(self) -> None:
        """Close the file."""
        self._file.close()
