"""Others who do something at the same time: people, and a worker in a thread, each with a connection of their own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from tests.faults.scenario import Scene, ask_for_preview
from tests.runs import advance, take_pending


class InThread(threading.Thread):
    """Does something in a database connection of its own; `error` is what it raised."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self._do = do
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._do()
        except Exception as error:  # noqa: BLE001  # it is handed to the test
            self.error = error
        finally:
            connection.close()


def at_once(*todo: Callable[[], object]) -> list[BaseException | None]:
    """Do all of it at the same time; gives what each raised."""
    barrier = threading.Barrier(len(todo))

    def begin(do: Callable[[], object]) -> Callable[[], object]:
        def both() -> None:
            barrier.wait()
            do()

        return both

    threads = [InThread(begin(do)) for do in todo]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [thread.error for thread in threads]


@contextmanager
def steps_done(scene: Scene) -> Iterator[None]:
    """Have the steps of the scene's import and its backups done beside the block, and once more after it."""
    stopped = threading.Event()

    def work() -> None:
        while not stopped.wait(0.01):
            step()
        step()

    def step() -> None:
        advance(scene.run)
        take_pending(scene.group)

    thread = InThread(work)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
    if thread.error is not None:
        raise thread.error


def have_preview_made(scene: Scene) -> None:
    """Have the preview of the scene's import made, in this process."""
    ask_for_preview(scene)
    for _step in ("read", "count"):
        advance(scene.run)
