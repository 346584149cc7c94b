"""Two customers for the tests of all calls: made once a module, and as they were made in each test."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.config.api.calls import Scene, make_scene
from tests.customer import rolled_back
from tests.kept_files import KeptFiles

SECRET = "fremdwort"  # noqa: S105  # a word to look for


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[Scene, Scene, KeptFiles]]:
    """Both, in a transaction that lasts as long as the module's tests, and their files."""
    with django_db_blocker.unblock(), rolled_back():
        yield make_scene(SECRET), make_scene("eigenwort"), KeptFiles.of_storage()


@pytest.fixture
def victim(made: tuple[Scene, Scene, KeptFiles]) -> Iterator[Scene]:
    """A customer with their files, each of whose texts has SECRET in it; what a test changes is undone."""
    made[2].lay_out()
    with rolled_back():
        yield made[0]


@pytest.fixture
def stranger(made: tuple[Scene, Scene, KeptFiles], victim: Scene) -> Scene:
    """Another customer."""
    return made[1]
