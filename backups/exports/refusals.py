"""Why data cannot be written in the form that somebody wants."""

from typing import ClassVar


class Unwritable(Exception):
    """The data do not fit into that form. `code` and `detail` say why; the page turns them into a sentence."""

    code: ClassVar[str]

    def __init__(self, **detail: str) -> None:
        super().__init__(self.code, ascii(detail))
        self.detail = detail


class NotInEncoding(Unwritable):
    """Some characters are not in the encoding; `detail["characters"]` are the first of them."""

    code = "not_in_encoding"


class TooManyRows(Unwritable):
    """More rows than a sheet has."""

    code = "too_many_rows"


class CellTooLong(Unwritable):
    """A text longer than a cell holds; `detail["column"]` is the header above it."""

    code = "cell_too_long"


class SheetTooLarge(Unwritable):
    """The sheet would be larger than programs can open."""

    code = "sheet_too_large"
