"""A place for files that fails to delete now and then, in the two ways in which a server does."""

import errno
import os
import random
from dataclasses import dataclass, field

from recipients.storage import DurableFileSystemStorage


@dataclass
class Plan:
    """What becomes of deletions: a share of them fails, half of those after the file has gone."""

    share: float = 0.0
    dice: random.Random = field(default_factory=random.Random)
    refused: int = 0  # the file stays
    unanswered: int = 0  # the file is gone, and nobody heard so


PLAN = Plan()


class ForgetfulStorage(DurableFileSystemStorage):
    """A local folder whose deletions go as PLAN says."""

    def delete(self, name: str) -> None:
        if PLAN.dice.random() >= PLAN.share:
            super().delete(name)
        elif PLAN.dice.random() < 0.5:
            PLAN.refused += 1
            raise OSError(errno.EIO, os.strerror(errno.EIO), name)
        else:
            super().delete(name)
            PLAN.unanswered += 1
            raise TimeoutError(name)
