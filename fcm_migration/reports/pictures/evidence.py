"""Pictures of policies and corridors for Dagster's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.columns import FIVE
from fcm_migration.marts.reviewed import POLICY_EVENTS
from fcm_migration.marts.tables import SERIES
from fcm_migration.refresh.context import Context
from fcm_migration.reports.charts import Corridors, PolicyEffects, corridor_chart, policy_chart
from fcm_migration.reports.charts.labels import listed, period_words
from fcm_migration.reports.pictures.naming import (
    Names,
    corridor,
    country_names,
    indicator_words,
    known_publishers,
    publishers,
    title_of,
    unit_words,
)
from fcm_migration.reports.pictures.picture import Picture, picture
from fcm_migration.trends.corridors.tables import CORRIDORS
from fcm_migration.trends.policies.tables import IDENTIFIED, NOT_TESTABLE, POLICY_EFFECTS

MOST_POLICIES, MOST_CORRIDORS = 12, 15


def policies_picture(context: Context) -> Picture | None:
    """Draw what followed the newest policies; None where no effect could be tested.

    Each policy and series is drawn once, in its longest window.
    """
    effects = store.read(context.home.table("trend", POLICY_EFFECTS.name), POLICY_EFFECTS)
    rows = _newest(effects).rows(named=True)
    if not rows:
        return None
    names, known = country_names(context), known_publishers(context)
    frame = _effects(rows, context, names)
    told = frame.filter("is_identified").height
    chart = policy_chart(
        PolicyEffects(
            f"{told} of the {len(rows)} newest changes after policies can be told from chance",
            listed(list(dict.fromkeys(publishers(row, known) for row in rows))),
            max(row["as_of_date"] for row in rows),
            frame,
        )
    )
    return picture(chart, frame.get_column("change_pct").to_list())


def _newest(effects: pl.DataFrame) -> pl.DataFrame:
    tested = effects.filter(
        (pl.col("verdict") != NOT_TESTABLE)
        & ~pl.col("verdict").str.starts_with("none expected")
        & pl.col("change_pct").is_not_null()
    )
    order = ("policy_date", "policy_id", "as_of_date", "periods_after", "series_id")
    return (
        tested.sort(order, descending=[True, False, True, True, False])
        .unique(["policy_id", "indicator", "origin_iso3", "route", "place"], keep="first",
                maintain_order=True)
        .head(MOST_POLICIES)
    )  # fmt: skip


def _effects(rows: list[dict[str, Any]], context: Context, names: Names) -> pl.DataFrame:
    """Return the rows as :class:`.PolicyEffects` takes them."""
    policies = store.read(context.home.table("meta", POLICY_EVENTS.name), POLICY_EVENTS)
    words = dict(policies.select("policy_id", "policy_words").iter_rows())
    copied = {
        **dict.fromkeys(("change_pct", "change_lower_pct", "change_upper_pct", "placebo_factor"),
                        pl.Float64),
        **dict.fromkeys(("placebos", "placebos_as_large"), pl.Int64),
    }  # fmt: skip
    return pl.DataFrame(
        {
            "policy_date": [row["policy_date"] for row in rows],
            "policy": [words[row["policy_id"]] for row in rows],
            "who": [title_of(row, names) for row in rows],
            **{name: [row[name] for row in rows] for name in copied},
            "is_identified": [row["verdict"] == IDENTIFIED for row in rows],
        },
        schema_overrides=copied,
    )


def corridors_picture(context: Context) -> Picture | None:
    """Draw the largest corridors into the five countries; None without any.

    They are of one source and indicator, since others count something else: of the one with the
    newest figures of most of the five.
    """
    table = store.read(context.home.table("trend", CORRIDORS.name), CORRIDORS)
    own = table.filter(
        "is_newest", pl.col("destination_iso3").is_in(FIVE), pl.col("route") == "all",
        pl.col("level").is_not_null(),
    )  # fmt: skip
    if own.is_empty():
        return None
    first = (
        own.group_by("source_id", "indicator", "unit", "frequency", "window_end")
        .agg(pl.col("destination_iso3").n_unique().alias("number"))
        .sort("number", "window_end", "indicator", descending=[True, True, False])
        .row(0, named=True)
    )
    same = [pl.col(name) == first[name] for name in first if name != "number"]
    rows = own.filter(*same).sort("level", descending=True).head(MOST_CORRIDORS).rows(named=True)
    names, known = country_names(context), known_publishers(context)
    frame = pl.DataFrame(
        {
            "name": [corridor(row, names) for row in rows],
            "level": [row["level"] for row in rows],
            "before": [row["level_year_before"] for row in rows],
            "lower_80": [row["lower_80"] for row in rows],
            "upper_80": [row["upper_80"] for row in rows],
            "alert": [row["alert_direction"] for row in rows],
        },
        schema={**dict.fromkeys(("level", "before", "lower_80", "upper_80"), pl.Float64),
                "name": pl.String, "alert": pl.String},
    ).select("name", "level", "before", "lower_80", "upper_80", "alert")  # fmt: skip
    chart = corridor_chart(_corridors(rows, frame, known))
    return picture(chart, _recent(context, rows[0]["series_id"]))


def _corridors(
    rows: list[dict[str, Any]], frame: pl.DataFrame, known: Mapping[str, str]
) -> Corridors:
    row, is_annual = rows[0], rows[0]["frequency"] == "A"
    when = period_words(row["window_end"], row["frequency"])
    span = f"in {when}" if is_annual else f"in the year to {when}"
    people = unit_words(row).rsplit(" a ", 1)[0]
    ahead = period_words(row["next_period"], row["frequency"]) if row["next_period"] else ""
    return Corridors(
        f"{frame.item(0, 'name')} is the largest corridor",
        f"{people}, {indicator_words(row['indicator'])} {span}",
        "the year before",
        ahead if is_annual else "",  # a forecast of a month is no range for a year
        publishers(row, known),
        max(each["as_of_date"] for each in rows),
        frame,
    )


def _recent(context: Context, series_id: str) -> list[float | None]:
    series = store.read(context.home.table("mart", SERIES.name), SERIES)
    own = series.filter(series_id=series_id).sort("period_start")
    return own.get_column("value").cast(pl.Float64).to_list()
