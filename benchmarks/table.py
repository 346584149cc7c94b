"""The table that a run prints, and the same as JSON."""

from dataclasses import dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True)
class Row:
    """One line: what Listkeep took and what the thing beside it took, all runs of each, in `unit`."""

    name: str
    what: str
    ours: list[float]
    beside: list[float] | None
    bar: float  # of the figure
    aim: float
    unit: Literal["s", "MB"] = "s"
    at_least: bool = False  # the figure says how many times faster than the thing beside it, and more is better

    @property
    def figure(self) -> float:
        """The ratio of the medians; the median of ours when nothing stands beside it."""
        ours = median(self.ours)
        if self.beside is None:
            return ours
        return median(self.beside) / ours if self.at_least else ours / median(self.beside)

    @property
    def verdict(self) -> str:
        """What the figure reaches: the aim, the bar or neither."""
        for word, limit in (("aim", self.aim), ("bar", self.bar)):
            if (self.figure >= limit) if self.at_least else (self.figure <= limit):
                return word
        return "missed"

    def to_json(self) -> dict[str, object]:
        """As plain JSON values."""
        return {
            "name": self.name,
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours,
            "beside": self.beside,
            "figure": self.figure,
            "bar": self.bar,
            "aim": self.aim,
            "reaches": self.verdict,
        }


HEADER = f"{'':5}{'what':74}{'ours':>11}{'beside it':>11}{'figure':>8}{'bar':>10}{'aim':>10}  reaches"


def line(row: Row) -> str:
    """A row as text, under the HEADER."""
    beside = "" if row.beside is None else f"{median(row.beside):.2f} {row.unit}"
    sign = "≥" if row.at_least else "≤"
    return (
        f"{row.name:5}{row.what:74}{f'{median(row.ours):.2f} {row.unit}':>11}{beside:>11}{row.figure:8.2f}"
        f"{f'{sign} {row.bar:.2f}':>10}{f'{sign} {row.aim:.2f}':>10}  {row.verdict}"
    )
