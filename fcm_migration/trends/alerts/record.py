"""Track record: how often alerts of each tier and kind proved right (``trend.track_record``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import empty
from fcm_migration.trends.alerts.tables import TRACK_RECORD
from fcm_migration.trends.detection.residuals import tested
from fcm_migration.trends.scoring.scorecard import resampled
from fcm_migration.trends.scoring.settings import BOOM
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope

ALL = "all"
COUNTED = {"hit": "hits", "repeat": "repeats", "grow": "grown", "false": "false_alarms"}


def record_group(scope: Scope) -> str:
    """Return a scope's record group: source, indicator and frequency. Its alerts share a record."""
    first = scope.facts.row(0, named=True)
    return f"{first['source_id']}/{first['indicator']}/{scope.frequency}"


def track_record(
    rows: pl.DataFrame, scopes: Sequence[Scope], found: Mapping[str, Sequence[Surge]]
) -> pl.DataFrame:
    """Return the outcomes of surge episodes by record group, tier of the opening alert, kind, span.

    Args:
        rows: alerts with is_counted, outcomes and their record group (column ``pool``).
        scopes: of the newest panel.
        found: surges by scope.
    """
    years = _years(scopes, found)
    opened = (
        rows.filter(pl.col("is_counted") & (pl.col("direction") == "surge"))
        .with_columns(pl.col("period").dt.year().alias("year"))
        .join(years.select("pool", "year", "is_boom"), on=("pool", "year"), how="left")
    )
    parts = [
        _counted(opened, years, pool, tier, kind, span)
        for pool in [*sorted(set(opened.get_column("pool"))), ALL]
        for tier in ("alert", "strong")
        for kind in [*sorted(set(opened.get_column("kind"))), ALL]
        for span in (ALL, "boom", "quiet")
    ]
    kept = [part for part in parts if part["episodes"]]
    return pl.DataFrame(kept, schema=empty(TRACK_RECORD).schema) if kept else empty(TRACK_RECORD)


def with_record_group(rows: pl.DataFrame, scopes: Sequence[Scope]) -> pl.DataFrame:
    """Add to alerts the record group they belong to, as column ``pool``."""
    names = pl.DataFrame(
        [(scope.name, record_group(scope)) for scope in scopes],
        schema={"scope": pl.String, "pool": pl.String},
        orient="row",
    )
    return rows.join(names, on="scope", how="left", maintain_order="left")


def _years(scopes: Sequence[Scope], found: Mapping[str, Sequence[Surge]]) -> pl.DataFrame:
    """Return active series-periods, surges and is_boom of every record group and year."""
    counts: dict[tuple[str, int], list[int]] = {}
    for scope in scopes:
        counted = tested(scope).sum(axis=1)
        for row, period in enumerate(scope.periods):
            own = counts.setdefault((record_group(scope), period.year), [0, 0])
            own[0] += int(counted[row])
        for surge in found[scope.name]:
            if not surge.event_id:
                counts[(record_group(scope), scope.periods[surge.onset].year)][1] += 1
    flat = [(pool, year, *pair) for (pool, year), pair in counts.items()]
    frame = pl.DataFrame(
        flat,
        schema={"pool": pl.String, "year": pl.Int32, "active": pl.Int64, "surges": pl.Int64},
        orient="row",
    )
    boom = pl.col("surges") * 100.0 >= BOOM * pl.col("active")
    return frame.with_columns((boom & (pl.col("active") > 0)).alias("is_boom"))


def _counted(
    opened: pl.DataFrame, years: pl.DataFrame, pool: str, tier: str, kind: str, span: str
) -> dict[str, object]:
    own = opened.filter(pl.col("tier") == tier)
    spent = years
    if pool != ALL:
        own, spent = own.filter(pl.col("pool") == pool), spent.filter(pl.col("pool") == pool)
    if kind != ALL:
        own = own.filter(pl.col("kind") == kind)
    if span != ALL:
        own = own.filter(pl.col("is_boom") == (span == "boom"))
        spent = spent.filter(pl.col("is_boom") == (span == "boom"))
    counts = {
        column: int((own.get_column("outcome") == outcome).sum())
        for outcome, column in COUNTED.items()
    }
    judged, tested = sum(counts.values()), int(spent.get_column("active").sum())
    low, high = _interval(own)
    lasting = counts["hits"] + counts["grown"] + counts["false_alarms"]
    return {
        "pool": pool,
        "tier": tier,
        "alert_kind": kind,
        "span": span,
        "episodes": own.height,
        "judged": judged,
        **counts,
        "confirmed_precision": 1 - counts["false_alarms"] / judged if judged else None,
        "confirmed_lower": low,
        "confirmed_upper": high,
        "surge_precision": counts["hits"] / lasting if lasting else None,
        "active_periods": tested,
        "false_per_100": 100 * counts["false_alarms"] / tested if tested else None,
    }


def _interval(own: pl.DataFrame) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the confirmed share (bootstrap over series)."""
    by_series = (
        own.filter(pl.col("outcome").is_in(list(COUNTED)))
        .group_by("series_id", maintain_order=True)
        .agg(pl.len().alias("judged"), (pl.col("outcome") == "false").sum().alias("wrong"))
        .sort("series_id")
    )
    if by_series.is_empty():
        return None, None
    drawn = resampled(by_series.select("judged", "wrong").to_numpy().astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: Floats = 1.0 - drawn[:, 1] / drawn[:, 0]
    low, high = np.nanpercentile(shares, (2.5, 97.5))
    return float(low), float(high)


def records_of(record: pl.DataFrame) -> Iterator[tuple[tuple[str, str, str], dict[str, object]]]:
    """Yield the rows over all years with their record group, tier and kind."""
    for row in record.filter(pl.col("span") == ALL).iter_rows(named=True):
        yield (row["pool"], row["tier"], row["alert_kind"]), row
