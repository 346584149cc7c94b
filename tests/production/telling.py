"""What the trial says while it runs: each step with its seconds, and what was found."""

import contextlib
import time
from collections.abc import Iterator


def say(text: str) -> None:
    """Tell what was found."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Tell how long a step took."""
    began = time.monotonic()
    yield
    say(f"{name}: {time.monotonic() - began:.1f} s")
