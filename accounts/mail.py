"""What a mail may fail with; whoever sends one says what becomes of that."""

from smtplib import SMTPException
from typing import Final

MAIL_FAILURES: Final = (SMTPException, OSError)  # the server refuses the message, or cannot be reached
