"""Timing two ways of doing the same thing without fooling oneself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Row:
    """One comparison: median seconds of ours and of the peer, and their ratio.

    ``megabytes`` is the size of the file both read, where a speed can be told from it.
    """

    benchmark: str
    size: str
    ours: str
    peer: str
    ours_seconds: float
    peer_seconds: float
    repeats: int
    megabytes: float | None = None

    @property
    def ratio(self) -> float:
        """How many times as long as the peer we take."""
        return self.ours_seconds / self.peer_seconds

    @property
    def speeds(self) -> tuple[float, float] | None:
        """Megabytes a second of ours and of the peer."""
        if self.megabytes is None:
            return None
        return self.megabytes / self.ours_seconds, self.megabytes / self.peer_seconds


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def compare(
    ours: Callable[[], object], peer: Callable[[], object], repeats: int, *, warm: bool = True
) -> tuple[float, float]:
    """Median seconds of both, run in turn after one warm-up of each.

    In turn, and each round in the other order: what else the machine does hits both alike.
    """
    if warm:
        ours()
        peer()
    times: dict[str, list[float]] = {"ours": [], "peer": []}
    for number in range(repeats):
        pair = [("ours", ours), ("peer", peer)]
        for name, work in pair if number % 2 == 0 else reversed(pair):
            times[name].append(seconds(work))
    return median(times["ours"]), median(times["peer"])
