"""Hierarchies of series that add up, read from the index of series.

A split states that the series of one cell (the whole) is the sum of the series that differ from it
in exactly one dimension (its parts) and of a remainder. The remainder is what no part covers,
because the publisher withheld it, rounded it or did not break it down, or because it has no
forecast series. In the past it is the published total minus the published parts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats

# the value of each dimension where nothing is broken down by it
WHOLE = {
    "destination_iso3": "all",
    "origin_iso3": "total",
    "route": "all",
    "place": "all",
    "population_group": "all",
}
# series of different sources, indicators (so units) or frequencies never add up
FAMILY = ("source_id", "indicator", "frequency")


@dataclass(frozen=True)
class Split:
    """One whole and its parts by one dimension, as ``series_id``."""

    dimension: str
    whole: str
    parts: tuple[str, ...]

    @property
    def remainder(self) -> str:
        """Name of the remainder's node."""
        return f"{self.whole}/remainder/{self.dimension}"


@dataclass(frozen=True)
class Hierarchy:
    """Splits that share series and are made coherent together.

    Attributes:
        name: source/indicator/frequency, or the topmost series where a family has several.
        splits: ordered by the whole and the dimension.
        nodes: series, then one remainder for each split.
        constraints: splits x nodes; whole +1, parts and remainder -1. A coherent vector y of the
            nodes has ``constraints @ y == 0``.
    """

    name: str
    splits: tuple[Split, ...]
    nodes: tuple[str, ...]
    constraints: Floats

    @property
    def series(self) -> tuple[str, ...]:
        """The nodes that are series."""
        return self.nodes[: len(self.nodes) - len(self.splits)]


@dataclass(frozen=True)
class History:
    """The past of a hierarchy's nodes: periods x nodes, NaN where not known."""

    periods: tuple[date, ...]
    values: Floats


def splits(index: pl.DataFrame) -> tuple[Split, ...]:
    """Return every split among the series of an index (``mart.series_index``).

    The whole of a part by a dimension is the series of the same cell that is not broken down by
    it; a part without such a series is in no split. The order of the index does not matter.
    """
    found: list[Split] = []
    key = [*FAMILY, *WHOLE]
    for dimension, whole in WHOLE.items():
        shared = [name for name in key if name != dimension]
        wholes = index.filter(pl.col(dimension) == whole)
        parts = index.filter(pl.col(dimension) != whole)
        joined = parts.join(
            wholes.select(*shared, pl.col("series_id").alias("whole")), on=shared
        ).sort("whole", "series_id")
        for (name,), group in joined.group_by("whole", maintain_order=True):
            found.append(Split(dimension, str(name), tuple(group["series_id"].to_list())))
    return tuple(sorted(found, key=lambda split: (split.whole, split.dimension)))


def hierarchies(index: pl.DataFrame) -> tuple[Hierarchy, ...]:
    """Return the hierarchies among the series of an index, ordered by name.

    Two splits belong together where they share a series; a family of series (one source,
    indicator and frequency) may hold several, named by their topmost series then.
    """
    groups: list[tuple[set[str], list[Split]]] = []
    for split in splits(index):
        members, mine = {split.whole, *split.parts}, [split]
        apart = []
        for others, theirs in groups:
            if others & members:
                members, mine = members | others, theirs + mine
            else:
                apart.append((others, theirs))
        groups = [*apart, (members, mine)]
    family = pl.concat_str(FAMILY, separator="/")
    names = dict(index.select("series_id", family.alias("name")).iter_rows())
    return _named([build(names[mine[0].whole], mine) for _, mine in groups])


def build(name: str, members: Iterable[Split]) -> Hierarchy:
    """Return the hierarchy of some splits, with its nodes and constraints."""
    ordered = tuple(sorted(members, key=lambda split: (split.whole, split.dimension)))
    series = sorted({one for split in ordered for one in (split.whole, *split.parts)})
    nodes = (*series, *(split.remainder for split in ordered))
    place = {node: column for column, node in enumerate(nodes)}
    constraints = np.zeros((len(ordered), len(nodes)))
    for row, split in enumerate(ordered):
        constraints[row, place[split.whole]] = 1.0
        constraints[row, [place[part] for part in (*split.parts, split.remainder)]] = -1.0
    return Hierarchy(name, ordered, nodes, constraints)


def _named(found: Sequence[Hierarchy]) -> tuple[Hierarchy, ...]:
    names = [item.name for item in found]
    named = [
        item
        if names.count(item.name) == 1
        else Hierarchy(top(item), item.splits, item.nodes, item.constraints)
        for item in found
    ]
    return tuple(sorted(named, key=lambda item: item.name))


def top(hierarchy: Hierarchy) -> str:
    """Return the series that is part of no other; the first by name where there are several."""
    parts = {part for split in hierarchy.splits for part in split.parts}
    return min({split.whole for split in hierarchy.splits} - parts)


def restrict(hierarchy: Hierarchy, available: Collection[str]) -> Hierarchy | None:
    """Return the hierarchy of the available series; the others become part of the remainders.

    None where no whole with a part is left.
    """
    kept = [
        Split(split.dimension, split.whole, parts)
        for split in hierarchy.splits
        if split.whole in available
        and (parts := tuple(part for part in split.parts if part in available))
    ]
    return build(hierarchy.name, kept) if kept else None


def history(hierarchy: Hierarchy, series: pl.DataFrame) -> History:
    """Return the past of every node, remainders included.

    A remainder is the whole minus the parts; a part that is withheld, has not begun or has ended
    counts as zero, so its persons are in the remainder. The remainder is unknown (NaN) where the
    whole is, and where a part has no figure without being withheld.

    Args:
        hierarchy: the nodes.
        series: ``mart.series``.
    """
    mine = series.filter(pl.col("series_id").is_in(hierarchy.series))
    unknown = pl.col("value").is_null() & ~pl.col("is_suppressed")
    values, lost = (
        mine.with_columns(cell.alias("cell")).pivot(
            on="series_id", on_columns=list(hierarchy.series), index="period_start", values="cell"
        ).sort("period_start")
        for cell in (pl.col("value").cast(pl.Float64), unknown.cast(pl.Float64))
    )  # fmt: skip
    known = values.select(hierarchy.series).fill_null(np.nan).to_numpy()
    holes = lost.select(hierarchy.series).fill_null(0.0).to_numpy(writable=True)
    wholes = {split.whole for split in hierarchy.splits}
    counted = np.where(np.isnan(known), 0.0, known)
    for column, node in enumerate(hierarchy.series):
        if node in wholes:
            holes[np.isnan(known[:, column]), column] = 1.0
    a = hierarchy.constraints[:, : len(hierarchy.series)]
    rest = counted @ a.T
    rest[holes @ np.abs(a).T > 0] = np.nan
    return History(tuple(values["period_start"].to_list()), np.column_stack([known, rest]))
