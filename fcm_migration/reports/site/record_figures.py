"""Charts of the record: how often ranges held and alerts proved right, year by year."""

from __future__ import annotations

from datetime import date

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.publish.query import Connection
from fcm_migration.reports.brief.reading import country_names
from fcm_migration.reports.charts import (
    NARROW,
    Counts,
    Line,
    LinePanel,
    counts_chart,
    lines_chart,
)
from fcm_migration.reports.charts.labels import day_words
from fcm_migration.reports.pages import Figure, drawn
from fcm_migration.reports.skill.facts import Facts
from fcm_migration.reports.skill.pictures import skill_chart

FULL = 1000  # pixels of a chart as wide as the page
ENOUGH = 100  # forecasts judged that a year needs to be drawn
MEANT = 80.0  # per cent of figures inside the range drawn
TICKS = (0.0, 25.0, 50.0, 75.0, 100.0)
HELD = f"""
SELECT i.destination_iso3, i.frequency = 'A' AS is_annual, year(t.target_period) AS year,
    count(*) AS judged, 100 * avg((t.observed_value BETWEEN t.lower_80 AND t.upper_80)::INT) AS held
FROM forecast.track_record t
JOIN mart.series_index i USING (series_id)
SEMI JOIN (FROM forecast.models WHERE series_class IN ('dense', 'short')) m USING (series_id)
WHERE t.record_kind = 'backtest' AND i.destination_iso3 IN {FIVE!r}
GROUP BY ALL HAVING judged >= {ENOUGH} ORDER BY ALL
"""  # noqa: S608
DRAWN = 25  # years of alerts
RIGHT, WRONG = "proved right", "proved wrong"
JUDGED = f"""
SELECT make_date(year(period), 1, 1) AS period, tier = 'strong' AS is_strong,
    CASE outcome WHEN 'false' THEN '{WRONG}' ELSE '{RIGHT}' END AS kind,
    count(*) AS number
FROM trend.alerts
WHERE direction = 'surge' AND is_counted AND outcome IN ('hit', 'repeat', 'grow', 'false')
GROUP BY ALL ORDER BY ALL
"""  # noqa: S608
POOLS = """
SELECT DISTINCT source_id || '/' || indicator || '/' || frequency AS pool
FROM brief.main_series WHERE frequency <> 'A' ORDER BY pool
"""


def coverage_figure(connection: Connection) -> Figure | None:
    """Return how often the 8-in-10 range held, by year and country; None without a record."""
    found = connection.sql(HELD)
    names = country_names(connection)
    panels = [
        panel
        for is_annual, heading in ((False, "By month or quarter"), (True, "By year"))
        if (panel := _panel(found.filter(is_annual=is_annual), names, heading)) is not None
    ]
    if not panels:
        return None
    title = f"Ranges meant to hold 8 figures in 10 held {_said(found, names)} of a year's figures"
    subtitle = (
        "Share of the figures of a year inside the range forecast. Forecasts of the past, made "
        f"again from the figures before each. As of {_edition_day(connection)}."
    )
    return drawn(*(
        lines_chart(panels, title, subtitle, f"{title}. {subtitle}", columns=1, width=width)
        for width in (FULL, NARROW)
    ))  # fmt: skip


def _panel(rows: pl.DataFrame, names: dict[str, str], heading: str) -> LinePanel | None:
    if rows.is_empty():
        return None
    # a country without figures keeps its place, so that a colour is one country in all panels
    years = rows.get_column("year").to_list()
    lines = tuple(
        Line(
            names.get(code, code),
            tuple(
                (date(year, 7, 1), known.get(year))  # in the middle, above its label
                for year in range(min(years), max(years) + 1)
            ),
        )
        for code in FIVE
        for known in (dict(rows.filter(destination_iso3=code).select("year", "held").iter_rows()),)
    )
    return LinePanel(
        heading, "% of figures inside", "year of the figure", lines, TICKS, (MEANT, "meant")
    )


def _said(rows: pl.DataFrame, names: dict[str, str]) -> str:
    """Return the worst and the best year in words."""
    ordered = rows.sort("held", "year")
    ends = [ordered.row(0, named=True), ordered.row(-1, named=True)]
    return "between " + " and ".join(
        f"{row['held']:.0f}% ({names.get(row['destination_iso3'], row['destination_iso3'])}, "
        f"{row['year']})"
        for row in ends
    )


def alerts_figure(connection: Connection) -> Figure | None:
    """Return alerts of rises by year, proved right and wrong; None where none was judged."""
    found = connection.sql(JUDGED)
    if found.is_empty():
        return None
    last = max(day.year for day in found.get_column("period"))
    is_drawn = pl.col("period").dt.year() > last - DRAWN
    rows = found.filter(is_drawn).with_columns(pl.col("number").cast(pl.Int64))
    earlier = int(found.filter(~is_drawn)["number"].sum())
    groups = [
        Counts(name, "A", own.select("period", "kind", "number"), "alerts")
        for is_strong, name in ((True, "Strong alerts"), (False, "Other alerts"))
        if not (own := rows.filter(is_strong=is_strong)).is_empty()
    ]
    right, judged = rows.filter(kind=RIGHT)["number"].sum(), rows["number"].sum()
    first = min(day.year for day in rows.get_column("period"))
    title = f"Alerts of rises, {first} to {last}: {right:,} of {judged:,} proved right"
    subtitle = (
        "Alerts of all watched series, replayed by today's rules and judged by what came"
        f"{f'; {earlier:,} alerts of earlier years are not drawn' if earlier else ''}. "
        f"As of {_edition_day(connection)}."
    )
    return drawn(*(
        counts_chart(groups, (RIGHT, WRONG), title, subtitle, f"{title}. {subtitle}", width=width)
        for width in (FULL, NARROW)
    ))  # fmt: skip


def series_figures(connection: Connection, facts: Facts | None) -> list[Figure]:
    """Return a chart of the record behind each country's main series by month or quarter."""
    if facts is None:
        return []
    known = set(facts.main)
    pools = [name for name in connection.sql(POOLS).to_series() if name in known]
    charts = [[skill_chart(facts, pool, width=width) for width in (FULL, NARROW)] for pool in pools]
    return [drawn(wide, narrow) for wide, narrow in charts if narrow is not None]


def _edition_day(connection: Connection) -> str:
    return day_words(connection.edition.published_at.date())
