"""Reads a Parquet file in a process of its own: `python -m imports.parquet_process`.

A few kilobytes of Parquet can stand for more values than fit into any machine, and a crafted file may end the process
that reads it. So it has one with limits of its own, as workbooks have (ADR 10).

Asked by one JSON object on standard input (see `Request`). Answers on standard output by one line of JSON, `{"header":
[…], "rows": …}` or `{"problem": …, "detail": …}` with a code of `imports.readers.FileProblem`, then by an Arrow stream
of so many rows of texts, one column for each of the header. When the stream ends before, the file is damaged.
"""

import json
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypedDict

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from accounts.formula_guard import guard
from recipients.masterdata.file import TIMESTAMP, DamagedMasterData, MasterDataError, MasterDataFile
from recipients.masterdata.labels import Language, export_headers
from recipients.masterdata.texts import as_texts, is_written_by_people

_BATCH_ROWS: Final = 16_384
_LANGUAGE: Final[Language] = "en"  # of the names that Listkeep's own files get; each is known again

TOO_LARGE: Final = 3
"""The code with which the process ends when the rows need more memory than it may have."""

Convert = Callable[[pa.Array], pa.Array]


class Request(TypedDict):
    """What to read. `memory` is in bytes, `seconds` are those of computing."""

    path: str
    memory: int
    seconds: int


def main() -> None:
    """Answer the request on standard input."""
    request: Request = json.load(sys.stdin)
    _limit(request["memory"], request["seconds"])
    try:
        _answer(Path(request["path"]))
    except MemoryError:
        _say({"problem": "parquet_too_large", "detail": ""})
    except (MasterDataError, pa.ArrowException, ValueError, OSError) as error:
        _say({"problem": "damaged_parquet", "detail": str(error)[:200]})


def _limit(memory: int, seconds: int) -> None:
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # some systems know no such limit
            resource.setrlimit(kind, (most, most))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.flush()


def _answer(path: Path) -> None:
    with pq.ParquetFile(path, pre_buffer=False, memory_map=False, page_checksum_verification=True) as file:
        columns = _own_columns(path) or [(field.name, _shown(field.type)) for field in file.schema_arrow]
        schema = pa.schema([(str(place), pa.string()) for place in range(len(columns))])
        _say({"header": [name for name, _ in columns], "rows": file.metadata.num_rows})
        _send(file, columns, schema)


def _send(file: pq.ParquetFile, columns: list[tuple[str, Convert]], schema: pa.Schema) -> None:
    """Write the stream. A failure ends it: the reader misses the rows, and the process says so by its code."""
    try:
        with pa.ipc.new_stream(sys.stdout.buffer, schema) as stream:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
                batch.validate(full=True)  # texts of others may be no texts at all
                texts = [convert(column) for column, (_, convert) in zip(batch.columns, columns, strict=True)]
                stream.write_batch(pa.RecordBatch.from_arrays(texts, schema=schema))
    except MemoryError:
        sys.exit(TOO_LARGE)


def _own_columns(path: Path) -> list[tuple[str, Convert]]:
    """Names and texts of the columns of a file that Listkeep wrote, as in its other exports; none for any other."""
    try:
        with MasterDataFile.open(path) as file:
            names, headers = file.schema.names, export_headers(file.description.fields, _LANGUAGE)
            fields = {field.key: field for field in file.description.fields}
            types = [file.schema.field(name).type for name in names]
    except DamagedMasterData:
        raise
    except MasterDataError:  # somebody else's, or a newer Listkeep's: its columns are read as they are called
        return []

    def texts_of(name: str, kind: pa.DataType) -> Convert:
        field = fields.get(name)
        if is_written_by_people(kind, field):
            return lambda column: guard(as_texts(column, field, _LANGUAGE))
        return lambda column: as_texts(column, field, _LANGUAGE)

    return [(headers.get(name, name), texts_of(name, kind)) for name, kind in zip(names, types, strict=True)]


def _shown(kind: pa.DataType) -> Convert:
    """How values of a type become texts that can be read again; what has no notation of its own is JSON."""
    if pa.types.is_dictionary(kind):
        inside = _shown(kind.value_type)
        return lambda column: inside(column.dictionary_decode())
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return lambda column: guard(_as_ours(column))
    return next((convert for fits, convert in _NOTATIONS if fits(kind)), _as_json)


def _as_ours(column: pa.Array) -> pa.Array:
    return as_texts(column, None, _LANGUAGE)


def _moments(column: pa.Array) -> pa.Array:
    """Without an offset where the values have no time zone."""
    if column.type.tz is None:
        return pc.cast(pc.cast(column, pa.timestamp("us"), safe=False), pa.string())
    return _as_ours(pc.cast(column, TIMESTAMP, safe=False))


def _plain(column: pa.Array) -> pa.Array:
    return pc.cast(column, pa.string())


def _texts(column: pa.Array) -> pa.Array:
    return guard(_plain(column))


def _as_json(column: pa.Array) -> pa.Array:
    shown = [
        None if value is None else json.dumps(value, default=str, ensure_ascii=False) for value in column.to_pylist()
    ]
    return guard(pa.array(shown, pa.string()))


_NOTATIONS: Final[tuple[tuple[Callable[[pa.DataType], bool], Convert], ...]] = (
    (pa.types.is_string, _texts),
    (pa.types.is_large_string, _texts),
    (pa.types.is_string_view, _texts),
    (pa.types.is_timestamp, _moments),
    (pa.types.is_decimal, _as_ours),
    (pa.types.is_date, _plain),
    (pa.types.is_integer, _plain),
    (pa.types.is_floating, _plain),
    (pa.types.is_boolean, _plain),
)


if __name__ == "__main__":
    main()
