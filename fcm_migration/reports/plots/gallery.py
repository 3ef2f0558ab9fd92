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
from fcm_migration.reports.plots.forecasts import Fan, capitalised, drawn, fan_of

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
SELECT p.*, coalesce(s.publisher, p.source_id) AS publisher
FROM forecast.published p LEFT JOIN meta.sources s USING (source_id)
WHERE p.series_id = '{series_id}' ORDER BY p.horizon
"""
PAST = """
SELECT period_start, "value" FROM mart.series
WHERE series_id = '{series_id}' ORDER BY period_start
"""
HEAD = """# Forecasts in pictures

Drawn by `fcm pictures` from the published edition `{edition}` of {day}; do not edit by hand. Of
each source and indicator that is still reported: the total, and the largest origin; months and
quarters before years. Of 100 figures, the widest band is meant to hold 95 (19 in 20), the next 80
(8 in 10), the darkest 50 (1 in 2). Under each picture stands how often the 8-in-10 intervals of
such forecasts held, and whether they were better than repeating the last figure with intervals from
past errors; [forecast_skill.md](forecast_skill.md) has the record of every pool. A forecast knows
the past of its figures, nothing of decisions to come.
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
        made = {name: published_fan(connection, name) for name in chosen}
    folder = page.parent / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    day = edition.published_at.date()
    parts = [HEAD.format(edition=edition.edition_id, day=f"{day.day} {day:%B %Y}")]
    written = [page]
    for name, fan in made.items():
        file, picture = folder / picture_name(name), drawn(fan)
        write_bytes(file, picture.png)
        written.append(file)
        there = Path(os.path.relpath(file, page.parent)).as_posix()
        parts.append(f"## {capitalised(fan.title)}\n\n`{name}`\n\n![{picture.words}]({there})\n")
    write_text(page, "\n".join(parts))
    return written


def picture_name(series_id: str) -> str:
    """Return the file name of a series' picture."""
    return f"forecast_{re.sub(r'[^A-Za-z0-9]+', '_', series_id)}.png"


def published_fan(connection: Connection, series_id: str) -> Fan:
    """Return the published forecast of a series, to be drawn.

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
    return fan_of(first, first["publisher"], past, ahead, counted)
