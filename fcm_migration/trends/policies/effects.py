"""Effects of policies: the change after each, against placebo dates of the same source.

``trend.placebos`` says how often this design finds an effect where there is none. Regressions with
a step find one on half of such dates (:mod:`fcm_migration.studies.segmented`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from fcm_migration.catalog.derive import conform, empty
from fcm_migration.trends.policies import tables as tables
from fcm_migration.trends.policies.events import Policy, first_period, shifted
from fcm_migration.trends.policies.explanation import explain_effect
from fcm_migration.trends.policies.placebos import (
    BEFORE,
    HORIZONS,
    LEAST,
    LEAST_MEAN,
    SIGNIFICANCE,
    DonorPool,
    Moves,
    as_large,
    draw,
    limit,
    moves,
    origin_pool,
    p_value,
    row_of,
    whole_pool,
)
from fcm_migration.trends.policies.tables import POLICY_EFFECTS
from fcm_migration.trends.watch.panel import IDENTITY, Scope, scopes, watched_panel

Row = dict[str, object]
COPIED = (*IDENTITY, "as_of_date")
OPPOSITE = {"down": "up", "up": "down"}


@dataclass(frozen=True)
class Watched:
    """The series that can be tested: every scope of monthly and quarterly figures.

    Attributes:
        scopes: by name.
        index: ``mart.series_index`` of their series.
        known: all policies.
    """

    scopes: Mapping[str, Scope]
    index: pl.DataFrame
    known: Sequence[Policy]

    @cached_property
    def homes(self) -> dict[str, Scope]:
        """The scope of each series."""
        return {name: scope for scope in self.scopes.values() for name in scope.series}

    @cached_property
    def _pools(self) -> dict[str, DonorPool]:
        return {}

    @cached_property
    def _moves(self) -> dict[tuple[str, int], Moves]:
        return {}

    def pool(self, series: str, *, has_control: bool) -> DonorPool:
        """Return the donor pool of a series: the origins of its route, or all of its source."""
        scope = self.homes[series]
        parts = scope.name.split("/")
        name = scope.name if has_control else "/".join((*parts[:3], "*", parts[4]))
        if name not in self._pools:
            same = [
                other
                for other in self.scopes.values()
                if (*other.name.split("/")[:3], other.frequency) == (*parts[:3], parts[4])
            ]
            self._pools[name] = origin_pool(scope) if has_control else whole_pool(same)
        return self._pools[name]

    def moves(self, pool: DonorPool, after: int) -> Moves:
        """Return the moves of a pool, computed once."""
        key = (pool.name, after)
        if key not in self._moves:
            self._moves[key] = moves(pool, after, self.known, self.index)
        return self._moves[key]

    def judged_on(
        self, series: str, after: int, policy: Policy
    ) -> tuple[DonorPool, Moves, int, int]:
        """Return donor pool, moves, row and column of a series, over a control if there is one."""
        if self.homes[series].dimension == "origin":
            found = self._at(self.pool(series, has_control=True), series, after, policy)
            if found[2] >= len(found[0].periods) or np.isfinite(found[1].control[found[2:]]):
                return found
        return self._at(self.pool(series, has_control=False), series, after, policy)

    def _at(
        self, pool: DonorPool, series: str, after: int, policy: Policy
    ) -> tuple[DonorPool, Moves, int, int]:
        row = row_of(pool, first_period(policy.day, pool.frequency))
        return pool, self.moves(pool, after), row, pool.series.index(series)


def watched(series: pl.DataFrame, index: pl.DataFrame, known: Sequence[Policy]) -> Watched:
    """Return the scopes of the sources that a policy names.

    Args:
        series: ``mart.series``, without what a break makes another quantity.
        index: ``mart.series_index``.
        known: all policies.
    """
    named = {
        source
        for policy in known
        for source in policy.treated(index).get_column("source_id").to_list()
    }
    chosen = index.filter(
        pl.col("source_id").is_in(sorted(named)) & pl.col("frequency").is_in(list(HORIZONS))
    )
    panel = watched_panel(series, chosen)
    held = {scope.name: scope for scope in scopes(panel)}
    names = {name for scope in held.values() for name in scope.series}
    return Watched(held, chosen.filter(pl.col("series_id").is_in(sorted(names))), known)


def policy_effects(held: Watched) -> pl.DataFrame:
    """Return ``trend.policy_effects``: every policy on every series it names or may displace to."""
    rows = list(_rows(held))
    if not rows:
        return empty(POLICY_EFFECTS)
    schema = empty(POLICY_EFFECTS).schema
    return conform(pl.DataFrame(rows, schema=schema), POLICY_EFFECTS)


def _rows(held: Watched) -> Iterator[Row]:
    for policy in held.known:
        seen: set[object] = set()
        for facts in policy.treated(held.index).sort("series_id").iter_rows(named=True):
            receivers = policy.receiving(held.index, facts).iter_rows(named=True)
            for role, series in (("treated", facts), *(("receiving", item) for item in receivers)):
                if series["series_id"] not in seen:
                    seen.add(series["series_id"])
                    for after in HORIZONS[series["frequency"]]:
                        yield effect(held, policy, series, role, after)


def effect(
    held: Watched, policy: Policy, facts: Mapping[str, object], role: str, after: int
) -> Row:
    """Return the row of one policy, series and number of periods after.

    Args:
        held: the series that can be judged.
        policy: the policy.
        facts: row of ``mart.series_index`` of the series.
        role: treated or receiving; a receiving series is expected to move the other way.
        after: periods averaged after.
    """
    name, frequency = str(facts["series_id"]), str(facts["frequency"])
    expected = policy.direction if role == "treated" else OPPOSITE[policy.direction]
    row: Row = dict.fromkeys(POLICY_EFFECTS.column_names)
    row |= {column: facts[column] for column in COPIED}
    row |= {
        "policy_id": policy.name,
        "policy_date": policy.day,
        "policy_role": role,
        "expected_direction": expected,
        "periods_after": after,
        "effect_first_period": first_period(policy.day, frequency),
        "verdict": tables.NOT_TESTABLE,
        "reasons": "",
    }
    pool, found, at, column = held.judged_on(name, after, policy)
    if not 0 <= at < len(pool.periods) or not np.isfinite(found.change[at, column]):
        row["reasons"] = "the figures do not cover the periods before and after"
    else:
        row |= _measured(pool, found, at, column)
        row |= _verdict(row, float(found.level[at, column]), _others(held, policy, name, after))
    return row | {"explanation": explain_effect(row, str(policy.entry["policy_words"]))}


def _measured(pool: DonorPool, found: Moves, at: int, column: int) -> Row:
    change = float(found.change[at, column])
    before, after = float(found.before_mean[at, column]), float(found.after_mean[at, column])
    factor = float(np.exp(found.control[at, column]))
    drawn = draw(pool, found, at)
    made: Row = {
        "before_first_period": pool.periods[at - BEFORE[pool.frequency]],
        "effect_last_period": pool.periods[at + found.after - 1],
        "before_mean": before,
        "observed_mean": after,
        "control_factor": factor if pool.has_control else None,
        "control_series": int(found.controls[at, column]),
        "expected_mean": max((before + 1) * factor - 1, 0.0),
        "change_pct": 100 * float(np.expm1(change)),
        "placebos": len(drawn.change),
    }
    if len(drawn.change):
        count, bound = as_large(change, drawn.change), limit(drawn.change)
        made |= {
            "change_lower_pct": 100 * float(np.expm1(change - bound)),
            "change_upper_pct": 100 * float(np.expm1(change + bound)),
            "placebo_factor": float(np.exp(bound)),
            "placebos_as_large": count,
            "placebo_series": len(np.unique(drawn.columns)),
            "placebo_first_period": pool.periods[drawn.rows.min()],
            "placebo_last_period": pool.periods[drawn.rows.max()],
            "p_value": p_value(count, len(drawn.change)),
        }
    return made


def _others(held: Watched, policy: Policy, series: str, after: int) -> tuple[list[str], list[str]]:
    """Return the names of other policies that begin in the periods before, and in those after."""
    frequency = held.homes[series].frequency
    begin = first_period(policy.day, frequency)
    first = shifted(begin, frequency, -BEFORE[frequency])
    last = shifted(begin, frequency, after - 1)
    one = held.index.filter(pl.col("series_id") == series)
    earlier, later = [], []
    for other in held.known:
        if other.name == policy.name or other.direction == "none" or not other.reached(one):
            continue
        other_begin = first_period(other.day, frequency)
        if first < other_begin < begin:
            earlier.append(other.name)
        elif begin <= other_begin <= last:
            later.append(other.name)
    return earlier, later


def _verdict(row: Mapping[str, object], level: float, others: tuple[list[str], list[str]]) -> Row:
    expected, change, p = row["expected_direction"], row["change_pct"], row["p_value"]
    earlier, later = others
    reasons = [f"an earlier measure begins in the periods before: {name}" for name in earlier]
    reasons += [f"another measure begins in the periods after: {name}" for name in later]
    if level < LEAST_MEAN:
        small = f"the year before has a mean of {level:,.0f}, below {LEAST_MEAN:,.0f}"
        return {"verdict": tables.NOT_TESTABLE, "reasons": "; ".join([small, *reasons])}
    if not isinstance(p, float) or not isinstance(change, float):
        few = f"fewer than {LEAST} placebo dates"
        return {"verdict": tables.NOT_TESTABLE, "reasons": "; ".join([few, *reasons])}
    is_large = p <= SIGNIFICANCE
    if expected == "none":
        verdict = tables.CHANGE_FOUND if is_large else tables.NONE_FOUND
    elif not is_large or earlier:
        verdict = tables.NOT_IDENTIFIED
    elif expected in (_direction(change), "any"):
        verdict = tables.IDENTIFIED
    else:
        verdict = tables.OTHER_WAY
    return {"verdict": verdict, "reasons": "; ".join(reasons)}


def _direction(change: float) -> str:
    return "down" if change < 0 else "up"


def tested_pools(held: Watched, effects: pl.DataFrame) -> list[DonorPool]:
    """Return the donor pools that effects were tested with, by name."""
    judged = effects.filter(pl.col("placebos").is_not_null())
    keys = judged.select("series_id", pl.col("control_factor").is_not_null()).unique()
    pools = {
        pool.name: pool
        for series, has_control in keys.sort(keys.columns).iter_rows()
        for pool in [held.pool(series, has_control=has_control)]
    }
    return [pools[name] for name in sorted(pools)]
