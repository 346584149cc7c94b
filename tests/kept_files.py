"""The stored files of a module's customers: kept once, and laid out anew for each of its tests.

They are laid out as links, which costs a fifth of copies. Listkeep replaces stored files and never writes into one, so
that a test cannot change what is kept for the next; one that writes into them itself is told so.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

from tests import environment


@dataclass(frozen=True)
class KeptFiles:
    """The files below `folder`, with the size and time of each."""

    folder: Path
    marks: dict[Path, tuple[int, int]]

    @classmethod
    def of_storage(cls) -> Self:
        """Everything that is stored now; the storage is empty afterwards."""
        folder = environment.FOLDER / f"kept-{uuid4().hex}"
        environment.STORAGE.rename(folder)
        return cls(folder, _marks(folder))

    def lay_out(self) -> None:
        """Store them again, in the storage as it is after each test: empty. Raises AssertionError for one changed."""
        assert _marks(self.folder) == self.marks, "a test has written into a stored file"
        shutil.copytree(self.folder, environment.STORAGE, copy_function=os.link, dirs_exist_ok=True)


def _marks(folder: Path) -> dict[Path, tuple[int, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}
