"""The whole table."""

from typing import Final

from tests.imports.real_files import (
    addresses,
    broken,
    encodings,
    pasted,
    products,
    shapes,
    values,
    workbooks,
)
from tests.imports.real_files.case import Broken, Readable

READABLE: Final[list[Readable]] = [
    *encodings.CASES,
    *shapes.CASES,
    *values.CASES,
    *addresses.CASES,
    *workbooks.CASES,
    *products.CASES,
    *pasted.CASES,
]
BROKEN: Final[list[Broken]] = broken.CASES
