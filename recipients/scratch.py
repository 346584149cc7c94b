"""Private folders for temporary files. Nothing here knows Django."""

import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

SCRATCH: Final = "listkeep-scratch-"
SCRATCH_KEPT: Final = timedelta(days=1)  # longer than any task or request runs


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private folder for the block's temporary files. Those that killed processes left go with a later one."""
    _remove_left_scratch()
    with tempfile.TemporaryDirectory(prefix=SCRATCH) as folder:
        yield Path(folder)


def _remove_left_scratch() -> None:
    oldest = time.time() - SCRATCH_KEPT.total_seconds()
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        try:
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder)
        except FileNotFoundError:  # its process has just ended, or another one has removed it
            continue
        except OSError:  # it is another user's
            logger.info("%s was left by a process that died and could not be removed", folder, exc_info=True)
