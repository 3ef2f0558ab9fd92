"""Where the forecasts fail: worst series, pools worse than naive, intervals that miss."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from fcm_migration.reports.skill.facts import ENOUGH, WORST, Facts
from fcm_migration.reports.skill.markdown import (
    LEVELS,
    NONE,
    PERIODS,
    covered,
    points,
    ratio,
    table,
)

WORSE = 1.10
LEAST_TARGETS = 20  # fewer say little: one target is five points
ALLOWED = {"calm": 3.0, "shock": 7.0}  # percentage points


def failures(facts: Facts) -> Iterator[str]:
    """The section's lines under its heading."""
    yield from _series(facts)
    yield from _pools(facts)
    yield from _coverage(facts)
    yield from _destinations(facts)


def _series(facts: Facts) -> Iterator[str]:
    judged = facts.series
    over = judged.filter(pl.col("relative_wis").round(2) > 1).height
    worse = judged.filter(pl.col("relative_wis") > WORSE).height
    yield (
        f"**Series.** Of {judged.height} pairs of a dense series and a period ahead with {ENOUGH} "
        f"origins or more, {over} have a relative WIS above 1.00 and {worse} above {WORSE:.2f}. "
        f"The {min(WORST, judged.height)} worst (the model is the one published now):"
    )
    yield ""
    rows = (
        (
            f"`{row['series_id']}`", f"{row['horizon']} {PERIODS[row['frequency']]}", row["model"],
            row["origins"], ratio(row["relative_wis"]), f"{row['mae']:,.0f} {row['unit']}",
            f"{100 * row['coverage_80']:.0f}", row["as_of_date"],
        )
        for row in judged.head(WORST).iter_rows(named=True)
    )  # fmt: skip
    heads = ("series", "ahead", "model", "origins", "WIS", "MAE", "inside 80 %", "as of")
    yield from table(heads, rows)


def _pools(facts: Facts) -> Iterator[str]:
    own = facts.horizons.filter(scored_model="published", window="all")
    above = own.filter(pl.col("relative_wis_mean").round(2) > 1)
    yield (
        f"**Pools.** {above.height} of {own.height} pairs of a pool and a period ahead have a "
        f"relative WIS above 1.00{':' if above.height else '.'}"
    )
    yield ""
    if above.is_empty():
        return
    rows = (
        (
            f"`{pool}`",
            ", ".join(
                f"{horizon} ({ratio(score)})"
                for horizon, score in part.select("horizon", "relative_wis_mean").iter_rows()
            ),
        )
        for (pool,), part in above.group_by("pool", maintain_order=True)
    )
    yield from table(("pool", "periods ahead (relative WIS)"), rows)


def _coverage(facts: Facts) -> Iterator[str]:
    own = facts.horizons.filter(pl.col("window").is_in(list(ALLOWED)), scored_model="published")
    enough = own.filter(pl.col("targets") >= LEAST_TARGETS)
    total, rows = 0, []
    for (pool, window), part in enough.group_by("pool", "window", maintain_order=True):
        missed = [_missed(part, level, ALLOWED[str(window)]) for level in LEVELS]
        total += sum(len(one) for one in missed)
        if any(missed):
            cells = (", ".join(one) or NONE for one in missed)
            rows.append((f"`{pool}`", window, *cells))
    rows.sort(key=lambda row: (row[1], row[0]))
    yield (
        f"**Intervals.** {total} of {len(LEVELS) * enough.height} coverages (pool, period ahead, "
        f"window and interval) lie further than {ALLOWED['calm']:.0f} points (calm) or "
        f"{ALLOWED['shock']:.0f} points (shock) from nominal. Listed is the period ahead and by "
        "how many points; minus is overconfident, plus too wide (a coarse rounding grid makes the "
        f"intervals of small counts wider). Left out: {own.height - enough.height} cells of under "
        f"{LEAST_TARGETS} targets."
    )
    yield ""
    yield from table(("pool", "window", *(f"{level} %" for level in LEVELS)), rows)


def _missed(part: pl.DataFrame, level: int, allowed: float) -> list[str]:
    shares = part.sort("horizon").select("horizon", f"coverage_{level}")
    return [
        f"{horizon} ({points(share, level)})"
        for horizon, share in shares.iter_rows()
        if abs(100 * share - level) > allowed
    ]


def _destinations(facts: Facts) -> Iterator[str]:
    yield "**Destinations.** Coverage of the same backtests by destination, all periods ahead:"
    yield ""
    rows = (
        (
            row["destination_iso3"], PERIODS[row["frequency"]],
            "shock" if row["is_shock"] else "calm", row["series"], row["targets"], covered(row),
        )
        for row in facts.destinations.iter_rows(named=True)
    )  # fmt: skip
    heads = ("destination", "periods", "window", "series", "targets", "coverage 50 80 95 %")
    yield from table(heads, rows)
