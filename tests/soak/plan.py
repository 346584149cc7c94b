"""The plan of a soak: what people do and what breaks, and when; it follows from the seed and the try's number."""

import hashlib
import random
from dataclasses import asdict, dataclass
from typing import Final

from tests.soak.failing_storage import Planned

ACCOUNTS: Final = 2
LISTS: Final = 3  # of each account
SPREAD: Final = 1.2  # seconds over which people begin what they do

DEEDS: Final = {  # what people do, and how often
    "import": 36,
    "restore_by_hand": 10,
    "restore": 16,
    "undo": 14,
    "delete_list": 7,
    "clear": 5,
    "delete_recipients": 6,
    "delete_field": 3,
    "edit": 24,
    "block": 3,
    "rename": 2,
    "back_up": 5,
    "verify": 4,
    "pin": 2,
    "rehearse": 2,
    "purge": 7,
}
FAULTS: Final = {  # what breaks, and how often
    "kill_child": 34,
    "kill_worker": 7,
    "empty_redis": 12,
    "restart_redis": 8,
    "restart_postgresql": 12,
    "storage_refuses": 11,
    "storage_refuses_long": 3,
    "storage_cuts": 5,
    "storage_damages": 4,
    "storage_is_slow": 6,
}
MOMENTS: Final = {  # what a worker is at when something breaks, and how often
    "": 30,  # whatever it is
    "import reading": 8,
    "import applying": 30,
    "backup pending": 12,
    "deletion waiting": 14,
    "backups.purge_backups": 6,
}
PLACES: Final = [("backups", "save"), ("backups", "save"), ("imports", "save"), ("backups", "delete")]


@dataclass(frozen=True)
class Deed:
    """What somebody does with the list `place` of an account. `chance` is where its own random numbers begin."""

    after: float  # seconds after the try's beginning
    what: str
    account: int
    place: int
    chance: int


@dataclass(frozen=True)
class Break:
    """A fault, so many seconds after a worker is next seen at that."""

    after: float
    what: str
    moment: str = ""
    storage: tuple[Planned, ...] = ()
    chance: int = 0


@dataclass(frozen=True)
class Try:
    """What happens in one try. `sizes` are those that empty lists are filled up to."""

    number: int
    sizes: list[list[int]]
    deeds: list[Deed]
    breaks: list[Break]

    @property
    def mark(self) -> str:
        """Equal for equal plans."""
        return hashlib.sha256(repr(asdict(self)).encode()).hexdigest()[:12]


def plan_try(seed: int, number: int) -> Try:
    """The plan of the try with that number, from 0."""
    chance = random.Random(f"{seed}:{number}")
    sizes = [[_size(chance) for _list in range(LISTS)] for _account in range(ACCOUNTS)]
    deeds = sorted((_deed(chance) for _deed_of_it in range(chance.randint(6, 11))), key=lambda deed: deed.after)
    breaks = [_break(chance) for _one in range(chance.choice([1, 1, 2, 2, 3]))]
    return Try(number=number, sizes=sizes, deeds=deeds, breaks=breaks)


def _size(chance: random.Random) -> int:
    return 20_000 if chance.random() < 0.04 else int(50 * 40 ** chance.random())


def _deed(chance: random.Random) -> Deed:
    return Deed(
        after=round(chance.uniform(0, SPREAD), 3),
        what=_one_of(chance, DEEDS),
        account=chance.randrange(ACCOUNTS),
        place=chance.randrange(LISTS),
        chance=chance.getrandbits(32),
    )


def _break(chance: random.Random) -> Break:
    what, moment = _one_of(chance, FAULTS), _one_of(chance, MOMENTS)
    place, call = chance.choice(PLACES)
    skip = chance.randrange(3)
    faults = {
        "storage_refuses": [Planned(place, call, "refused", skip)],
        "storage_refuses_long": [Planned(place, call, "refused", skip, times=chance.choice([3, 6]))],
        "storage_cuts": [Planned("backups", "save", "cut", skip)],
        "storage_damages": [Planned("backups", "save", "damaged", skip)],
        "storage_is_slow": [Planned(place, call, "slow", 0, times=3), Planned("backups", "open", "slow", 0, times=2)],
    }
    return Break(
        # What storage does later need not hit the moment: it hits the call.
        after=0.0 if what.startswith("storage") else round(chance.uniform(0, 0.15 if moment else 0.4), 3),
        what=what,
        moment="" if what.startswith("storage") else moment,
        storage=tuple(faults.get(what, [])),
        chance=chance.getrandbits(32),
    )


def _one_of(chance: random.Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
