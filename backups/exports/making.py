"""A master-data file as a file of another form, on the disk."""

import shutil
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

from backups.exports.csv import BATCH_ROWS, check_encoding, csv_chunks
from backups.exports.options import Format, Options
from backups.exports.rows import People, described_without, rows_of
from backups.exports.xlsx import write_xlsx
from recipients.masterdata.file import MasterDataFile, MasterDataWriter

Progress = Callable[[int, int | None], None]


def make_file(
    source: BufferedReader,
    path: Path,
    *,
    form: Format,
    options: Options,
    left_out: People | None,
    progress: Progress,
) -> None:
    """Write the master data of an open file to `path`, without the people who are left out.

    On any error no file is left. Raises Unwritable, MasterDataError, and what `progress` raises.
    """
    source.seek(0)
    if form == "parquet" and not left_out:
        _copy(source, path)
        return
    with MasterDataFile.open(source) as file:
        if form == "xlsx":
            write_xlsx(file, path, language=options.language, progress=progress, left_out=left_out)
        elif form == "csv":
            _write_csv(file, path, options, left_out, progress)
        else:
            _write_parquet(file, path, left_out, progress)


def _copy(source: BufferedReader, path: Path) -> None:
    try:
        with path.open("wb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write_csv(file: MasterDataFile, path: Path, options: Options, left_out: People | None, progress: Progress) -> None:
    check_encoding(file, language=options.language, dialect=options.dialect, left_out=left_out)
    chunks = csv_chunks(file, language=options.language, dialect=options.dialect, left_out=left_out)
    try:
        with path.open("wb") as target:
            for number, chunk in enumerate(chunks):
                target.write(chunk)
                progress(min(number * BATCH_ROWS, file.row_count), file.row_count)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write_parquet(file: MasterDataFile, path: Path, left_out: People | None, progress: Progress) -> None:
    with MasterDataWriter(path, described_without(file.description, left_out), file.schema) as writer:
        for batch in rows_of(file, file.schema.names, left_out=left_out, batch_size=BATCH_ROWS):
            writer.write(batch)
            progress(min(writer.row_count, file.row_count), file.row_count)
