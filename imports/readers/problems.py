"""What can be wrong with a person's file: as a whole (`UnreadableFile`), in its mapping, or in one row (`Reason`).

The caller words them; here stand only codes and what they are about.
"""

from enum import StrEnum


class FileProblem(StrEnum):
    """Why a file cannot be read at all."""

    EMPTY = "empty"  # no byte, or blank lines only
    NOT_TEXT = "not_text"  # an image, a PDF, an archive, … whatever its name says; `detail` names what it seems to be
    UNKNOWN_ENCODING = "unknown_encoding"  # text, but in no encoding that could be guessed; the person may choose one
    PASSWORD_PROTECTED = "password_protected"  # noqa: S105  # a code, no password
    ZIP_BOMB = "zip_bomb"  # unpacks to more than a list of recipients can rightly hold
    ZIP_PASSWORD_PROTECTED = "zip_password_protected"  # noqa: S105  # as above
    ZIP_WITHOUT_TABLE = "zip_without_table"
    ZIP_WITH_SEVERAL_TABLES = "zip_with_several_tables"  # `detail` has their names, one a line
    DAMAGED_ZIP = "damaged_zip"
    WORKBOOK_TOO_LARGE = "workbook_too_large"  # more cells than fit in memory; the same as CSV could be read
    DAMAGED_WORKBOOK = "damaged_workbook"
    DAMAGED_PARQUET = "damaged_parquet"
    PARQUET_TOO_LARGE = "parquet_too_large"  # more values than fit in memory
    XLS_WITH_ERRORS = "xls_with_errors"  # cells with errors such as #N/A, which would be read as empty ones
    UNSUPPORTED_WORKBOOK = "unsupported_workbook"  # ODS, XLSB, Numbers, … ; `detail` is the format
    NO_SHEET = "no_sheet"  # the workbook has no sheet of that name, or none at all; `detail` is the name asked for
    TOO_MANY_COLUMNS = "too_many_columns"  # `detail` is how many are allowed
    BROKEN_HEADER = "broken_header"  # the header's quotation marks are broken
    ROW_TOO_LONG = "row_too_long"  # one row is longer than a reader can hold in memory


class UnreadableFile(Exception):
    """A file cannot be read. `line` and `column` (both 1-based) say where, when there is a place."""

    def __init__(
        self, code: FileProblem, *, line: int | None = None, column: int | None = None, detail: str = ""
    ) -> None:
        super().__init__(f"{code}, line {line}, column {column}, {detail!r}")
        self.code = code
        self.line = line
        self.column = column
        self.detail = detail


class MappingProblem(StrEnum):
    """Why a mapping cannot be carried out."""

    NO_EMAIL = "no_email"  # no column for the address
    UNKNOWN_TARGET = "unknown_target"
    TARGET_TWICE = "target_twice"
    NO_SUCH_COLUMN = "no_such_column"  # the file has no column at that position
    BAD_ALTERNATIVE = "bad_alternative"  # the alternative cannot be read as a value of its target


class InvalidMapping(Exception):
    """A mapping does not fit the file or the fields. `target` is the base column or field key it is about."""

    def __init__(self, code: MappingProblem, *, target: str = "") -> None:
        super().__init__(f"{code}: {target}")
        self.code = code
        self.target = target


class Reason(StrEnum):
    """Why a row is rejected. A row has one reason, the first of these that holds."""

    BROKEN_QUOTES = "broken_quotes"  # a quotation mark that is never closed, or text after a closing one
    TOO_MANY_CELLS = "too_many_cells"  # content beyond the last column
    TOO_FEW_CELLS = "too_few_cells"  # the row ends before a column that says who may be written to
    UNREADABLE_CHARACTER = "unreadable_character"  # a NUL, or bytes that are none in the file's encoding
    MISSING_EMAIL = "missing_email"
    INVALID_EMAIL = "invalid_email"
    BLOCKED = "blocked"  # the address is on a block list
    ERASED = "erased"  # the person was erased from the account
    UNKNOWN_STATUS = "unknown_status"  # a word of which nobody knows whether its person may be written to
    NOT_CONFIRMED = "not_confirmed"  # the status says that the sign-up is open, and no activation date can say so
    UNREADABLE_DATE_TIME = "unreadable_date_time"  # a status date; never guessed, consent depends on it
    UNREADABLE_DATE = "unreadable_date"
    UNREADABLE_NUMBER = "unreadable_number"
    UNKNOWN_GENDER = "unknown_gender"
    TEXT_TOO_LONG = "text_too_long"
