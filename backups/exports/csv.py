"""A master-data file as CSV, for people and their spreadsheet programs."""

from collections.abc import Iterator

from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.labels import Language


def csv_chunks(
    file: MasterDataFile, *, language: Language, delimiter: str = ";", encoding: str = "utf-8-sig"
) -> Iterator[bytes]:
    """The file's rows as CSV (RFC 4180), in chunks; the first one, the header, comes at once.

    What Listkeep's reader makes of it is the same data again. Raises DamagedMasterData while iterating.
    """
    raise NotImplementedError
