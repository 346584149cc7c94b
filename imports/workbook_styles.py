"""Which styles of an XLSX workbook show whole numbers with zeros before them, as postcodes are: the format 00000.

The library tells a cell's number, and not how it is shown.
Called by `imports.workbook_padding`; like it, imports little.
"""

import re
import zipfile
from typing import IO, Final, NamedTuple, Self
from xml.parsers.expat import ExpatError, ParserCreate

# Excel makes no more than 65,490 styles, which take half of it, and no format code of more characters.
_MOST_BYTES: Final = 64 * 1024 * 1024
_LONGEST_CODE: Final = 255
_PIECE_BYTES: Final = 64 * 1024
_MEMBER: Final = "xl/styles.xml"
# A part of a format code up to its semicolon, which is no sign of a text.
_SECTION: Final = re.compile(r'(?:"[^"]*"|\\.|[^";\\])*', re.DOTALL)
# What is shown around the digits or says how they look, and holds no digit itself: texts, blanks, language and colour.
_COLOUR: Final = "black|blue|cyan|green|magenta|red|white|yellow|color ?[0-9]+"
_BESIDE: Final = rf'(?:"[^"0-9]*"|\\[^0-9]|_.| |\[\$-[0-9a-f]+\]|\[(?:{_COLOUR})\])*'
_ZEROS: Final = re.compile(rf"{_BESIDE}#*(0+){_BESIDE}", re.IGNORECASE | re.DOTALL)


class Padding(NamedTuple):
    """How many digits a whole number is shown with at least, and how many zeros stand for a zero."""

    digits: int
    of_zero: int

    @classmethod
    def of(cls, code: str) -> Self | None:
        """That of a number format; None for one that shows whole numbers otherwise, or as they are.

        Texts around the digits, such as "D-", are not told, as they are not of any other format; with digits or
        signs between the zeros, a decimal mark or a condition, it is no such format.
        Source: ECMA-376 part 1, 18.8.31: sections for numbers above, below and of zero, and the last one for texts.
        """
        if len(code) > _LONGEST_CODE:
            return None
        sections = _sections(code)
        if len(sections) > 1 and "@" in sections[-1]:
            del sections[-1]
        digits = _zeros(sections[0])
        return cls(digits, digits if len(sections) < 3 else _zeros(sections[2])) if digits > 1 else None

    def pad(self, number: str) -> str:
        """A number as it is shown, where it is whole and not negative; any other as it is."""
        return number.zfill(self.of_zero if number == "0" else self.digits) if number.isdecimal() else number


def _sections(code: str) -> list[str]:
    sections = []
    start = 0
    while start <= len(code):
        section = _SECTION.match(code, start)
        end = section.end() if section else start
        sections.append(code[start:end])
        start = end + 1
    return sections


def _zeros(section: str) -> int:
    """How many digits the section shows at least; 1 for what is no run of zeros."""
    found = _ZEROS.fullmatch(section)
    return len(found[1]) if found else 1


def paddings(archive: zipfile.ZipFile) -> dict[int, Padding]:
    """The padding of each style (by its place among those of cells) that has one; mostly none has.

    None are told of styles that are damaged, have a document type (which may declare entities) or are larger than any
    that Excel writes: then the numbers arrive as they are.
    """
    member = next((one for one in archive.infolist() if one.filename.lower() == _MEMBER), None)
    if member is None or member.file_size > _MOST_BYTES:
        return {}
    styles = _Styles()
    with archive.open(member) as file:
        return styles.paddings if styles.read(file) else {}


class _Styles:
    """Reads styles up to those of cells. Number formats stand before them."""

    def __init__(self) -> None:
        self.paddings: dict[int, Padding] = {}
        self._formats: dict[str, Padding] = {}
        self._is_of_cells = self._is_done = False
        self._styles = 0
        self._parser = ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self, file: IO[bytes]) -> bool:
        """Whether the styles could be read."""
        try:
            while not self._is_done and (piece := file.read(_PIECE_BYTES)):
                self._parser.Parse(piece, False)
        except (ExpatError, LookupError, ValueError):  # of an encoding that is not known, or not to the parser
            return False
        return self._is_done

    def _refuse(self, *_: object) -> None:
        raise ExpatError("No workbook declares what it is made of.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "cellXfs":
            self._is_of_cells = True
            self._is_done = not self._formats
        elif name == "numFmt":
            if padding := Padding.of(attributes.get("formatCode", "")):
                self._formats[attributes.get("numFmtId", "")] = padding
        elif name == "xf" and self._is_of_cells:
            if padding := self._formats.get(attributes.get("numFmtId", "")):
                self.paddings[self._styles] = padding
            self._styles += 1

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] == "cellXfs":
            self._is_done = True
