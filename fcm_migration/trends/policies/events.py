"""The reviewed policies, and the series each one names, reaches or may displace to.

A policy on the total of a source reaches all its series; one that may displace reaches the routes
that could receive. No placebo date is taken near a policy in a series it reaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.marts.reviewed import ANY, SELECTORS, selected
from fcm_migration.periods import MONTHS_PER_PERIOD

FIRST_DAYS = 7  # a policy that begins in the first week of a period applies to all of it
TOTALS = ("total", "all")


@dataclass(frozen=True)
class Policy:
    """One row of ``meta.policy_events``.

    Attributes:
        entry: the row.
        dimension: dimension in which receiving series differ; empty without displacement.
        values: the receiving series' values of it.
    """

    entry: Mapping[str, object]
    dimension: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the policy."""
        return str(self.entry["policy_id"])

    @property
    def day(self) -> date:
        """Day from which it applied."""
        return _day(self.entry["policy_date"])

    @property
    def direction(self) -> str:
        """Expected direction: down, up, any or none."""
        return str(self.entry["expected_direction"])

    @property
    def fit_start(self) -> date | None:
        """Day of the last known break before it."""
        start = self.entry["fit_start_date"]
        return None if start is None else _day(start)

    def selectors(self) -> dict[str, str]:
        """Return the selectors of the treated series."""
        return {f"{name}_selector": str(self.entry[f"{name}_selector"]) for name in SELECTORS}

    def treated(self, index: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of ``mart.series_index`` that the policy names."""
        return index.filter(selected(self.selectors()))

    def receiving(self, index: pl.DataFrame, treated: Mapping[str, object]) -> pl.DataFrame:
        """Return the rows of the index to which one treated series could be displaced, by name."""
        if not self.dimension:
            return index.clear()
        same = [pl.col(name) == treated[name] for name in SELECTORS if name != self.dimension]
        return index.filter(*same, pl.col(self.dimension).is_in(self.values)).sort("series_id")

    def reached(self, index: pl.DataFrame) -> set[str]:
        """Names of all series the policy may move.

        Those it names with their parts, those that may receive, and what holds them on all routes
        or in all places.
        """
        wide = self.selectors()
        for name in ("origin_iso3", "route", "place"):
            chosen = wide[f"{name}_selector"].split("|")
            if set(chosen) & set(TOTALS):
                wide[f"{name}_selector"] = ANY
                continue
            more = [*self.values] if name == self.dimension else []
            if name in ("route", "place"):
                more.append("all")
            wide[f"{name}_selector"] = "|".join([*chosen, *more])
        return set(index.filter(selected(wide)).get_column("series_id"))


def policies(events: pl.DataFrame) -> list[Policy]:
    """Return the policies of ``meta.policy_events``, by date and name.

    Raises:
        UsageError: ``receiving`` is not ``dimension=value|value``, a fit begins after the policy,
            or a check expects to displace something.
    """
    read = []
    for entry in events.sort("policy_date", "policy_id").iter_rows(named=True):
        dimension, sign, values = str(entry["receiving"]).partition("=")
        if dimension and (dimension not in SELECTORS or not sign or not values):
            raise UsageError(
                "a policy does not say where displacement could appear",
                where=str(entry["policy_id"]),
                expected="dimension=value|value",
                got=entry["receiving"],
            )
        made = Policy(entry, dimension, tuple(values.split("|")) if values else ())
        if made.fit_start is not None and made.fit_start >= made.day:
            raise UsageError(
                "a counterfactual would be fitted on what followed the policy",
                where=made.name,
                expected=f"a day before {made.day}",
                got=made.fit_start,
            )
        if made.dimension and made.direction not in ("down", "up"):
            raise UsageError(
                "a displacement needs an expected direction",
                where=made.name,
                expected="down or up",
                got=made.direction,
            )
        read.append(made)
    return read


def first_period(day: date, frequency: str) -> date:
    """Return the first day of the first period under a measure that began on ``day``.

    It is the period of the day itself if that is in its first :data:`FIRST_DAYS` days, else the
    next.

    Args:
        day: when a measure began.
        frequency: M or Q.
    """
    length = MONTHS_PER_PERIOD[frequency]
    months = day.year * 12 + day.month - 1
    start = months // length * length
    if months > start or day.day > FIRST_DAYS:
        start += length
    return date(start // 12, start % 12 + 1, 1)


def shifted(day: date, frequency: str, count: int) -> date:
    """Return the first day of the period ``count`` periods after that of ``day``."""
    months = day.year * 12 + day.month - 1 + count * MONTHS_PER_PERIOD[frequency]
    return date(months // 12, months % 12 + 1, 1)


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise TypeError(f"a date was expected, not {value!r}")
    return value
