"""The charts of a brief, wide and narrow, in colours that follow the reader's scheme."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from fcm_migration.publish.query import Connection
from fcm_migration.reports.brief.reading import Country
from fcm_migration.reports.charts import (
    NARROW,
    WIDE,
    Series,
    series_chart,
    sparkline,
    svg,
)
from fcm_migration.reports.charts.labels import capitalised
from fcm_migration.reports.charts.series import on_the_year
from fcm_migration.reports.pages import Figure, Row, drawn
from fcm_migration.reports.pictures.gallery import published_series
from fcm_migration.reports.pictures.naming import publishers

YEARS, MONTHS, QUARTERS = 20, 60, 32  # periods drawn
SPARK = 24  # periods of a sparkline
POINTS = """
SELECT series_id, period_start, "value" FROM mart.series WHERE series_id IN ({names})
ORDER BY series_id, period_start
"""
ABOUT = """
SELECT x.*, i.kind FROM mart.series_index x JOIN meta.indicators i USING (indicator)
WHERE series_id = '{name}'
"""
SHOWN = "SELECT count(*) FROM forecast.published WHERE series_id = '{name}'"
AWAITING = """
SELECT series_id FROM mart.series_index
WHERE indicator = 'asylum_seekers_pending' AND destination_iso3 = '{code}'
  AND origin_iso3 = 'total' AND route = 'all' AND place = 'all' AND population_group = 'all'
"""
A = {"M": "a month", "Q": "a quarter", "A": "a year"}


def main_figure(connection: Connection, country: Country) -> Figure:
    """Return the chart of a country's main series with its forecast."""
    series = series_of(connection, country.main["series_id"])
    return _figure(_named(series, country.main["what"]), has_wide=True)


def awaiting_figure(connection: Connection, country: Country) -> Figure | None:
    """Return the chart of people awaiting a decision, by year; None without figures."""
    found = connection.sql(AWAITING.format(code=country.code))
    if found.is_empty():
        return None
    series = series_of(connection, found.item(0, 0))
    return _figure(_named(series, f"People awaiting an asylum decision in {country.words}"))


def recognised_figure(country: Country) -> Figure | None:
    """Return the chart of the share of decisions that recognise a refugee, by year."""
    years = sorted(
        (row for row in country.recognition if row["place"] == 0), key=lambda row: row["year"]
    )
    known = [row for row in years if row["recognised_pct"] is not None]
    if len(known) < 2:
        return None
    last = known[-1]
    first, end = years[0]["year"], last["year"]
    shares = {row["year"]: row["recognised_pct"] for row in years}
    past = pl.DataFrame(
        {
            "period_start": [f"{year}-01-01" for year in range(first, end + 1)],
            "value": [shares.get(year) for year in range(first, end + 1)],
        },
        schema={"period_start": pl.String, "value": pl.Float64},
    ).with_columns(
        pl.col("period_start").str.to_date(), pl.lit(value=False).alias("is_provisional")
    )
    is_first = last["is_first_instance"]
    what = "first decisions on substance" if is_first else "all asylum decisions"
    title = (
        f"Share of {what} in {country.words} that recognised a refugee: "
        f"{last['recognised_pct']:.0f}% in {end}"
    )
    made = Series(
        title, f"Share of {what} that recognise a refugee", f"per cent of {what} of a year", "A",
        "UNHCR", last["as_of_date"], past.tail(YEARS),
        remarks=_remarks(country.protection_years[-YEARS:], is_first=is_first),
    )  # fmt: skip
    return _figure(made)


def _remarks(years: Sequence[Row], *, is_first: bool) -> tuple[str, ...]:
    """Return what has to be known of the decisions of these years."""
    left_out = "left out" if is_first else "counted in"
    return (
        f"Reviews, and files closed without a decision on substance, are {left_out}.",
        *(
            f"From {row['year']}: {row['counted_otherwise_from']}"
            for row in years
            if row["counted_otherwise_from"]
        ),
        *(
            f"In {row['year']} the publisher prints 0 of {row['decisions']:,} decisions."
            for row in years
            if row["recognised"] == 0 and row["decisions"]
        ),
    )


def series_of(connection: Connection, series_id: str) -> Series:
    """Return a series with its forecast where one is shown, else its figures alone."""
    name = series_id.replace("'", "''")
    if connection.sql(SHOWN.format(name=name)).item():
        made = published_series(connection, series_id)
        return replace(made, past=made.past.tail(_periods(made.frequency)))
    about = connection.sql(ABOUT.format(name=name)).row(0, named=True)
    known = dict(connection.sql("SELECT source_id, publisher FROM meta.sources").iter_rows())
    past = connection.sql(POINTS.format(names=f"'{name}'")).select(
        "period_start", "value", pl.lit(value=False).alias("is_provisional")
    )
    unit = "people" if about["unit"] == "persons" else about["unit"]
    return Series(
        series_id, series_id, f"{unit} {A.get(about['frequency'], '')}".strip(),
        about["frequency"], publishers(about, known), about["as_of_date"],
        past.tail(_periods(about["frequency"])),
        today=connection.edition.published_at.date(),
    )  # fmt: skip


def sparklines(
    connection: Connection, rows: Sequence[Row], words: Callable[[Row], str]
) -> dict[str, str]:
    """Return a small SVG for each series, by its key.

    Args:
        connection: the edition.
        rows: of a view; each has series_id, unit_words and as_of_date.
        words: what a row's series counts.
    """
    if not rows:
        return {}
    wanted = {row["series_id"]: row for row in rows}
    names = ", ".join("'{}'".format(name.replace("'", "''")) for name in wanted)
    points = connection.sql(POINTS.format(names=names))
    return dict(_sparks(points, wanted, words))


def _sparks(
    points: pl.DataFrame, wanted: Mapping[str, Row], words: Callable[[Row], str]
) -> Iterator[tuple[str, str]]:
    for (name,), own in points.group_by("series_id", maintain_order=True):
        row, last = wanted[str(name)], own.tail(SPARK)
        values = last.get_column("value").to_list()
        if all(value is None for value in values):
            continue
        first, end = last.item(0, "period_start").year, last.item(-1, "period_start").year
        said = (
            f"{words(row)}, {row['unit_words']} {A.get(row['frequency'], '')}, {first} to {end}, "
            f"as of {row['as_of_date'].isoformat()}"
        )
        yield str(name), svg(sparkline(values, said, width=120, height=22), None)


def _periods(frequency: str) -> int:
    return {"A": YEARS, "Q": QUARTERS}.get(frequency, MONTHS)


def _named(series: Series, what: str) -> Series:
    """Return the series under the brief's words for it, its newest figure in the title."""
    row = series.newest
    title = f"{capitalised(what)}: {row['value']:,.0f} {series.dated(row['period_start'])}"
    return replace(series, what=what, title=f"{title}{on_the_year(series)}")


def _figure(series: Series, *, has_wide: bool = False) -> Figure:
    """Return the chart of a series; its rows have period, figure, lower_80, median, upper_80."""
    wide = series_chart(series, width=WIDE) if has_wide else None
    return drawn(wide, series_chart(series, width=NARROW))
