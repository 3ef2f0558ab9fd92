"""Sets of series that are evaluated together, the rules compared on them, and their windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from fcm_migration.arrays import Bools, Floats
from fcm_migration.trends.detection.residuals import tested
from fcm_migration.trends.scoring.settings import BOOM
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope

Windows = dict[str, list[int]]
SPANS = ("all", "boom", "quiet")


@dataclass(frozen=True)
class Rule:
    """A rule of the comparison, applied to every scope of a set.

    Attributes:
        name: name of the rule.
        flags: periods x series, by name of the scope.
        score: score that ranks its periods, in the same shape; None without one.
    """

    name: str
    flags: Mapping[str, Bools]
    score: Mapping[str, Floats] | None


@dataclass(frozen=True)
class Set:
    """Series that are evaluated together: name, scopes, surges and active periods by scope."""

    name: str
    scopes: tuple[Scope, ...]
    surges: Mapping[str, Sequence[Surge]]
    active: Mapping[str, Bools]


def sets(scopes: Sequence[Scope], surges: Mapping[str, Sequence[Surge]]) -> Iterator[Set]:
    """Yield the sets of a panel in the order of their names."""
    groups: dict[str, list[Scope]] = {}
    for scope in scopes:
        if scope.dimension == "origin":
            first = scope.facts.row(0, named=True)
            names = (first["source_id"], first["indicator"], scope.frequency, first["route"])
            groups.setdefault("/".join(names), []).append(scope)
    for name, members in sorted(groups.items()):
        yield Set(
            name,
            tuple(members),
            {scope.name: surges[scope.name] for scope in members},
            {scope.name: tested(scope) for scope in members},
        )


def windows_of(own: Set, first: date, last: date) -> dict[str, Windows]:
    """Return the rows of a window by span: all years, boom years and quiet years (BOOM)."""
    booms = _booms(own)
    by_span: dict[str, Windows] = {span: {} for span in SPANS}
    for scope in own.scopes:
        rows = [row for row, period in enumerate(scope.periods) if first <= period <= last]
        boom = [row for row in rows if scope.periods[row].year in booms]
        by_span["all"][scope.name] = rows
        by_span["boom"][scope.name] = boom
        by_span["quiet"][scope.name] = [row for row in rows if row not in set(boom)]
    return by_span


def _booms(own: Set) -> set[int]:
    """Return the years with at least BOOM surges per 100 active series-periods."""
    tested: dict[int, int] = {}
    begun: dict[int, int] = {}
    for scope in own.scopes:
        counted = own.active[scope.name].sum(axis=1)
        for row, period in enumerate(scope.periods):
            tested[period.year] = tested.get(period.year, 0) + int(counted[row])
        for surge in own.surges[scope.name]:
            year = scope.periods[surge.onset].year
            begun[year] = begun.get(year, 0) + (not surge.event_id)
    return {year for year, number in begun.items() if number * 100 >= BOOM * max(tested[year], 1)}
