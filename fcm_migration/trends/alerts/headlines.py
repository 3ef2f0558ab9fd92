"""Which alerts are headlined: few beside a common alert, and each movement once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from fcm_migration.marts.splices import SPLICE_SOURCES
from fcm_migration.trends.detection.settings import RULES

# a part is not headlined beside its total if it makes at least this share of the movement
SAME_SHARE = 0.5
COMPARED = (
    "alert_id",
    "series_id",
    "source_id",
    "indicator",
    "route",
    "place",
    "observed",
    "expected",
    "score",
)
# alerts of one movement are looked for among those alike in all of these
WHO = ["destination_iso3", "origin_iso3", "direction", "frequency", "period"]
Row = Mapping[str, Any]
Pairs = Collection[frozenset[tuple[str, str]]]


def with_common(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the alert of the whole route or destination to those of its origins and places."""
    keys = ["source_id", "indicator", "destination_iso3", "frequency", "period", "direction"]
    whole = rows.filter(pl.col("dimension") == "route")
    common = whole.select(*keys, "route", pl.col("alert_id").alias("common_alert_id"))
    parts = pl.col("dimension") != "route"
    return rows.join(common, on=[*keys, "route"], how="left", maintain_order="left").with_columns(
        pl.when(parts).then("common_alert_id").alias("common_alert_id")
    )


def headlined(rows: pl.DataFrame) -> pl.DataFrame:
    """Add is_headlined.

    Beside a common alert only the few series whose share grew most are headlined.
    """
    up = pl.col("direction") == "surge"
    beyond = pl.when(up).then("share_ratio").otherwise(1.0 / pl.col("share_ratio").clip(1e-6))
    listed = (pl.col("kind") == "tide") & pl.col("common_alert_id").is_not_null()
    alone = ~listed & (pl.col("kind") != "definition")
    able = alone & (pl.col("common_alert_id").is_null() | (beyond >= RULES.share))
    # ties go to the first series by name, not to whichever row happens to come first
    within = pl.col("__beyond").rank("ordinal", descending=True)
    ranked = rows.with_columns(
        able.alias("__able"), pl.when(able).then(beyond).alias("__beyond")
    ).with_columns(
        within.over("scope", "period", "direction", order_by="series_id").alias("__rank")
    )
    few = pl.col("common_alert_id").is_null() | (pl.col("__rank") <= RULES.headlines)
    return ranked.with_columns((pl.col("__able") & few).alias("is_headlined")).drop(
        "__able", "__beyond", "__rank"
    )


def told_once(rows: pl.DataFrame, overlaps: pl.DataFrame) -> pl.DataFrame:
    """Add same_movement_as: of headlined alerts of one movement, one stays headlined.

    Two alerts of one origin, destination, direction and period tell the same movement where one
    series is a part of the other, or where their datasets are declared to count the same people,
    and where the smaller rise or fall is at least half of the larger. The alert that stays is that
    of the whole, then the one with the higher score. Years are not set beside months or quarters.

    Args:
        rows: alerts with is_headlined.
        overlaps: rows of ``meta.overlaps``.
    """
    pairs = {
        frozenset(((row[0], row[1]), (row[2], row[3])))
        for row in overlaps.select(
            "source_id", "indicator", "other_source_id", "other_indicator"
        ).iter_rows()
    }
    found: dict[str, str] = {}
    for _, group in rows.filter("is_headlined").group_by(WHO):
        if group.height > 1:
            found |= _linked(group.select(COMPARED).to_dicts(), pairs)
    links = pl.DataFrame(
        list(found.items()),
        schema={"alert_id": pl.String, "same_movement_as": pl.String},
        orient="row",
    )
    return rows.join(links, on="alert_id", how="left", maintain_order="left").with_columns(
        pl.col("is_headlined") & pl.col("same_movement_as").is_null()
    )


def _linked(alerts: Sequence[Row], pairs: Pairs) -> dict[str, str]:
    """Return, for each alert that repeats a movement, the alert that is headlined for it."""
    found: dict[str, str] = {}
    told: list[Row] = []
    for row in sorted(alerts, key=_preferred):
        same = next((other for other in told if _is_same(other, row, pairs)), None)
        if same is None:
            told.append(row)
        else:
            found[row["alert_id"]] = same["alert_id"]
    return found


def _preferred(row: Row) -> tuple[int, int, float, str]:
    """Sort alerts so that the one to be headlined for a movement comes before its repeats."""
    return (
        (row["route"] != "all") + (row["place"] != "all"),
        int(row["source_id"] in SPLICE_SOURCES),  # a splice repeats what it is made of
        -row["score"],
        row["series_id"],
    )


def _is_same(one: Row, other: Row, pairs: Pairs) -> bool:
    datasets = [(row["source_id"], row["indicator"]) for row in (one, other)]
    if not (datasets[0] == datasets[1] or frozenset(datasets) in pairs):
        return False
    for name in ("route", "place"):
        values = {one[name], other[name]}
        if len(values) > 1 and "all" not in values:
            return False
    smaller, larger = sorted(abs(row["observed"] - row["expected"]) for row in (one, other))
    return bool(smaller >= SAME_SHARE * larger)
