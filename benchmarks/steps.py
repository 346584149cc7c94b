"""Where the time of an import goes: the steps of real runs through the workers, and what they wait for in between."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import pairwise

from benchmarks import floors, place
from benchmarks.jobs import draft, seconds_from_confirmation, seconds_of_preview
from benchmarks.measures import Bench
from imports.readers import sniff

BESIDE = ("take", "put the backup", "read back")  # steps of another worker, at the same time
WORTH_A_LINE = 0.005  # seconds


@dataclass(frozen=True)
class Step:
    """One step: in seconds since the click, and in seconds; and the seconds of its statements in the database."""

    name: str
    begin: float
    seconds: float
    statements: dict[str, float] = field(default_factory=dict)


def where_the_time_goes(bench: Bench) -> dict[str, list[Step]]:
    """The steps of an import into a new list, of one over all of its rows, and of one with a preview."""
    customer, rows = bench.customer, bench.rows
    floors.empty()
    group = customer.group()
    found = {"before, in the web process": before(bench)}
    with place.workers(stopwatch=True):
        run = draft(customer, group, bench.file(rows, 0))
        found[f"{rows:,} rows into a new list"] = timed(lambda: seconds_from_confirmation(customer, run))
        floors.vacuum()
        run = draft(customer, group, bench.file(rows, 1))
        found[f"{rows:,} rows over as many, a backup made"] = timed(lambda: seconds_from_confirmation(customer, run))
        floors.vacuum()
        run = draft(customer, group, bench.file(rows, 0))
        found["a preview of the next ones"] = timed(lambda: seconds_of_preview(run))
        found["these after their preview"] = timed(lambda: seconds_from_confirmation(customer, run))
    return found


def before(bench: Bench) -> list[Step]:
    """What the person waits for when the file is uploaded."""
    path = bench.file(bench.rows, 0)
    begun = time.perf_counter()
    sniff(path, file_name=path.name)
    looked = time.perf_counter() - begun
    draft(bench.customer, bench.customer.group(), path)
    stored = time.perf_counter() - begun - 2 * looked  # a draft looks at the file as well
    return [Step("sniff", 0, looked), Step("put the upload", looked, stored)]


def timed(work: Callable[[], float]) -> list[Step]:
    """The steps of what the workers do for `work`, with the time between them."""
    place.STEPS.unlink(missing_ok=True)
    clicked = time.time()
    work()
    seconds = time.time() - clicked
    steps = noted(clicked)
    return [*sorted([*steps, *waits(steps, seconds)], key=lambda step: step.begin), Step("in all", 0, seconds)]


def noted(clicked: float) -> list[Step]:
    """The steps that the workers noted."""
    lines = [json.loads(line) for line in place.STEPS.read_text().splitlines()]
    statements: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for line in lines:
        statements[line["step"]][line["statement"]] += line["ended"] - line["started"]
    return [
        Step(
            line["step"],
            line["started"] - clicked,
            line["ended"] - line["started"],
            {text: seconds for text, seconds in statements[line["step"]].items() if text},
        )
        for line in lines
        if not line["statement"]
    ]


def waits(steps: list[Step], seconds: float) -> Iterator[Step]:
    """The time between the steps of the import: messages, commits, and the wait for the backup."""
    own = sorted((step for step in steps if step.name not in BESIDE), key=lambda step: step.begin)
    for earlier, later in pairwise([Step("", 0, 0), *own, Step("the person sees it", seconds, 0)]):
        end = earlier.begin + earlier.seconds
        yield Step(f"until: {later.name}", end, later.begin - end)


def lines(found: dict[str, list[Step]]) -> Iterator[str]:
    """The steps as text, without those that take no time to speak of."""
    for title, steps in found.items():
        yield f"\n{title:60}{'from s':>9}{'seconds':>9}"
        for step in steps:
            if step.seconds > WORTH_A_LINE:
                name = f"  | {step.name}" if step.name in BESIDE else f"  {step.name}"
                yield f"{name:60}{step.begin:9.2f}{step.seconds:9.2f}"
            for text, seconds in step.statements.items():
                if seconds > WORTH_A_LINE:
                    yield f"      {text[:54]:63}{seconds:9.2f}"
    yield "\n| by another worker, at the same time"


def to_json(found: dict[str, list[Step]]) -> dict[str, list[dict[str, object]]]:
    """As plain JSON values."""
    return {title: [asdict(step) for step in steps] for title, steps in found.items()}
