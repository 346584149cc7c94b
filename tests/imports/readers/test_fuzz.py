"""A few seconds of `tests.imports.readers.fuzz`, which is run for hours by hand."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.imports.readers.fuzz import attempt


@settings(max_examples=60)
@given(st.integers(0, 10**15))
def test_spoilt_file_is_read_or_refused_cleanly(number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        attempt(number, Path(folder))
