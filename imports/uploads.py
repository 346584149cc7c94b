"""Uploaded files while their request is answered: each in a temporary file, or lost when there was no room for it."""

import contextlib
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

logger = logging.getLogger(__name__)


class LostUpload(SimpleUploadedFile):
    """A file that was sent and could not be kept; nothing of it is there."""


Upload = TemporaryUploadedFile | LostUpload


class UploadHandler(TemporaryFileUploadHandler):
    """Keeps what is sent in temporary files. A full disk makes a LostUpload, so that the page can say what happened."""

    is_lost = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        self.is_lost = False
        try:
            super().new_file(*args, **kwargs)
        except OSError:
            logger.exception("an uploaded file could not be begun")
            self.is_lost = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep the next bytes of the file, unless it is lost or too large; the form then says so."""
        if not self.is_lost and start + len(raw_data) <= settings.UPLOAD_MOST_BYTES:
            self._write(lambda: self.file.write(raw_data))

    def file_complete(self, file_size: int) -> Upload:
        """The file, from its beginning, or what stands for a lost one."""
        if not self.is_lost:
            self._write(self.file.flush)
        if self.is_lost:
            return LostUpload(self.file_name or "", b"", self.content_type or "")
        super().file_complete(file_size)
        return self.file

    def _write(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError:
            logger.exception("an uploaded file could not be kept")
            self.is_lost = True
            with contextlib.suppress(OSError):  # what is still to be written finds no room either
                self.file.close()


def keep(content: bytes, *, name: str, content_type: str, charset: str) -> Upload:
    """Content as if it had been uploaded as a file of that name."""
    handler = UploadHandler()
    handler.new_file("", name, content_type, len(content), charset)
    handler.receive_data_chunk(content, 0)
    return handler.file_complete(len(content))
