"""The page of forecast pictures, drawn from the published file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.forecast.shown.build import NOWCAST_MODEL
from fcm_migration.outfile import write_bytes, write_text
from fcm_migration.publish.query import Connection
from fcm_migration.reports.charts import Series, png, series_chart
from fcm_migration.reports.charts.labels import day_words
from fcm_migration.reports.pictures.forecasts import first_drawn, forecast_series
from fcm_migration.reports.pictures.marks import marks_of
from fcm_migration.reports.pictures.naming import publishers

MOST = 10
# Months and quarters before years; of each source and indicator the total and the largest origin.
CHOICE = f"""
SELECT series_id FROM forecast.published
QUALIFY row_number() OVER (PARTITION BY source_id, indicator, origin_iso3 = 'total'
    ORDER BY last_period DESC, last_value DESC, series_id, horizon) = 1
ORDER BY frequency = 'A', origin_iso3 <> 'total', last_period DESC, last_value DESC, series_id
LIMIT {MOST}
"""  # noqa: S608
AHEAD = """
SELECT * FROM forecast.published WHERE series_id = '{series_id}' ORDER BY horizon
"""
PAST = """
SELECT period_start, "value" FROM mart.series
WHERE series_id = '{series_id}' ORDER BY period_start
"""
PUBLISHERS = "SELECT source_id, publisher FROM meta.sources"
NAMES = "SELECT country_code, country_name FROM meta.countries"
POLICIES = "FROM meta.policy_events"
BREAKS = "FROM meta.series_breaks WHERE series_id = '{series_id}'"
HEAD = """# Forecasts in pictures

Drawn by `fcm pictures` from the published edition `{edition}` of {day}; do not edit by hand. Of
each source and indicator that is still reported: the total, and the largest origin; months and
quarters before years. Of 100 figures, the widest band is meant to hold 95 (19 in 20), the next 80
(8 in 10), the darkest 50 (1 in 2). Where the widest band would flatten the history, the axis ends
below it, a zigzag marks the cut, and the bound is printed. Grey months are over, but their figures
are not in this edition. Under each picture stands how often the 8 in 10 ranges of such forecasts
held, and how large their errors were beside those of repeating the last figure (both by the
weighted interval score); [forecast_skill.md](forecast_skill.md) has the record of every pool. A
forecast knows the past of its figures, nothing of decisions to come.
"""


def write_pictures(published: Path, page: Path, series: Sequence[str] = ()) -> list[Path]:
    """Write a page with pictures of published forecasts; return what was written.

    Args:
        published: the published file.
        page: Markdown file to write; its pictures go into ``pictures`` beside it.
        series: names of series, as in ``forecast.published``; by default ten of the edition.

    Raises:
        EditionError: nothing is published.
        UsageError: a series has no forecast that is shown, or no series has.
    """
    with Connection(published) as connection:
        edition = connection.edition
        chosen = series or connection.sql(CHOICE).get_column("series_id").to_list()
        if not chosen:
            raise UsageError("the edition shows no forecast", where="forecast.published")
        made = {name: published_series(connection, name) for name in chosen}
    folder = page.parent / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    parts = [HEAD.format(edition=edition.edition_id, day=day_words(edition.published_at.date()))]
    written = [page]
    for name, one in made.items():
        file, chart = folder / picture_name(name), series_chart(one)
        write_bytes(file, png(chart))
        written.append(file)
        there = Path(os.path.relpath(file, page.parent)).as_posix()
        said = " ".join([chart.markdown_words, *one.remarks])
        parts.append(f"## {one.what}\n\n`{name}`\n\n![{said}]({there})\n")
    write_text(page, "\n".join(parts))
    return written


def picture_name(series_id: str) -> str:
    """Return the file name of a series' picture."""
    return f"forecast_{re.sub(r'[^A-Za-z0-9]+', '_', series_id)}.png"


def published_series(connection: Connection, series_id: str) -> Series:
    """Return a series with its published forecast, to be drawn.

    Raises:
        UsageError: the series has no forecast that is shown.
    """
    quoted = series_id.replace("'", "''")
    ahead = connection.sql(AHEAD.format(series_id=quoted))
    if ahead.is_empty():
        raise UsageError(
            "no such forecast is shown",
            where=series_id,
            expected="a series of forecast.published",
            remedy="fcm query 'SELECT DISTINCT series_id FROM forecast.published' lists them",
        )
    first = ahead.row(0, named=True)
    running = ahead.filter(pl.col("model") == NOWCAST_MODEL)
    counted = running.select("counted_so_far", "counted_to_date").drop_nulls().rows()
    past = connection.sql(PAST.format(series_id=quoted))
    breaks = connection.sql(BREAKS.format(series_id=quoted))
    known = dict(connection.sql(PUBLISHERS).iter_rows())
    return forecast_series(
        first, dict(connection.sql(NAMES).iter_rows()), publishers(first, known), past, ahead,
        counted, marks_of(first, connection.sql(POLICIES), breaks, first_drawn(past)),
        connection.edition.published_at.date(),
    )  # fmt: skip
