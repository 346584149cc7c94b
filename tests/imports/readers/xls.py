"""A writer of the smallest XLS files (BIFF8 in an OLE container) that Excel 97 and its followers would open."""

import struct
from collections.abc import Sequence

SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_STREAM_BYTES = 4096  # shorter streams would need a second allocation table


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _text(text: str, length_format: str) -> bytes:
    return struct.pack(length_format, len(text)) + b"\x01" + text.encode("utf-16-le")


def _cells(rows: Sequence[Sequence[str | float | None]]) -> bytes:
    cells = b""
    for row_number, row in enumerate(rows):
        for column, cell in enumerate(row):
            place = struct.pack("<HHH", row_number, column, 0)
            if cell is None:
                cells += _record(0x0205, place + b"\x2a\x01")
            elif isinstance(cell, str):
                cells += _record(0x0204, place + _text(cell, "<H"))
            else:
                cells += _record(0x0203, place + struct.pack("<d", cell))
    return cells


def workbook_stream(
    rows: Sequence[Sequence[str | float | None]], *, password: bool = False, far_cell: tuple[int, int] | None = None
) -> bytes:
    """The records of a workbook with one sheet; with a password, those that say so (nothing is encrypted).

    A cell that is None holds the error #N/A. A far cell, at that row and column, holds one more text.
    """
    globals_start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    if password:
        globals_start += _record(0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    name = "Tabelle1".encode("latin-1")
    offset = len(globals_start) + 4 + 8 + len(name) + 4
    sheet_entry = _record(0x0085, struct.pack("<IHBB", offset, 0, len(name), 0) + name)
    size = struct.pack("<IIHHH", 0, len(rows), 0, max(len(row) for row in rows), 0)
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + _record(0x0200, size) + _cells(rows)
    if far_cell is not None:
        sheet += _record(0x0204, struct.pack("<HHH", *far_cell, 0) + _text("x", "<H"))
    return globals_start + sheet_entry + _record(0x000A) + sheet + _record(0x000A)


def _directory_entry(name: str, kind: int, start: int, size: int, child: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0" if name else b""
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(encoded), kind, 1, _FREE, _FREE, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def xls_file(stream: bytes) -> bytes:
    """An OLE container with the one stream `Workbook`."""
    stream = stream.ljust(_STREAM_BYTES, b"\0")
    stream = stream.ljust(-(-len(stream) // SECTOR) * SECTOR, b"\0")
    sectors = len(stream) // SECTOR
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", _FREE) * 108
    chain = [_FAT, _END, *range(3, 2 + sectors), _END]
    table = struct.pack(f"<{len(chain)}I", *chain) + struct.pack("<I", _FREE) * (SECTOR // 4 - len(chain))
    directory = _directory_entry("Root Entry", 5, _END, 0, 1) + _directory_entry("Workbook", 2, 2, len(stream), _FREE)
    directory += _directory_entry("", 0, 0, 0, _FREE) * 2
    return header + table + directory + stream
