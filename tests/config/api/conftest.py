"""Two customers for the tests of all calls: made once a module, and as they were made in each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests import environment
from tests.config.api.calls import Scene, make_scene
from tests.customer import rolled_back

SECRET = "fremdwort"  # noqa: S105  # a word to look for


@pytest.fixture(scope="module")
def made(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Scene, Scene, Path]]:
    """Both, in a transaction that lasts as long as the module's tests, and a copy of their files."""
    with django_db_blocker.unblock(), rolled_back():
        scenes = make_scene(SECRET), make_scene("eigenwort")
        files = tmp_path_factory.mktemp("interface") / "storage"
        shutil.copytree(environment.STORAGE, files)
        yield *scenes, files


@pytest.fixture
def victim(made: tuple[Scene, Scene, Path]) -> Iterator[Scene]:
    """A customer with their files, each of whose texts has SECRET in it; what a test changes is undone."""
    shutil.copytree(made[2], environment.STORAGE, dirs_exist_ok=True)
    with rolled_back():
        yield made[0]


@pytest.fixture
def stranger(made: tuple[Scene, Scene, Path], victim: Scene) -> Scene:
    """Another customer."""
    return made[1]
