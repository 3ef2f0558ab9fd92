"""Further charts of a brief: what stood out, the year so far, boats, and ranges in tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from fcm_migration.publish.query import Connection
from fcm_migration.reports.brief.drawing import series_of
from fcm_migration.reports.brief.reading import Country, Rows
from fcm_migration.reports.charts import (
    NARROW,
    Counts,
    Expected,
    Series,
    Small,
    Years,
    counts_chart,
    headline,
    multiples_chart,
    range_mark,
    series_chart,
    share_bar,
    svg,
    years_chart,
)
from fcm_migration.reports.charts.labels import capitalised, change, day_words, figure, listed
from fcm_migration.reports.charts.multiples import RAISED
from fcm_migration.reports.charts.series import on_the_year
from fcm_migration.reports.pages import Figure, Row, drawn
from fcm_migration.reports.pictures.naming import indicator_words

MOST_EACH_WAY = 4  # rises, and falls, drawn
OLDEST = 24  # months; older alerts are not drawn
FULL = 880  # pixels of a chart as wide as the page: its text is readable in print, too
LEAST_YEARS, YEARS = 3, 20
LEAST_QUARTERS, QUARTERS = 8, 32
ALERTS = """
SELECT series_id, period, direction FROM trend.alerts
WHERE is_headlined AND series_id IN ({names}) ORDER BY series_id, period
"""
PER_BOAT = """
SELECT period AS period_start, any_value(proxy_value) AS "value", any_value(route) AS route,
       max(as_of_date) AS as_of_date
FROM trend.facilitation_proxies
WHERE destination_iso3 = '{code}' AND proxy = 'persons_per_boat' AND frequency = 'Q'
  AND origin_iso3 = 'total'
GROUP BY period ORDER BY period
"""
Pairs = tuple[str, str]


def emerging_figure(connection: Connection, country: Country) -> Figure | None:
    """Return small charts of the newest alerts, rises before falls; None without alerts."""
    young = [row for row in country.emerging if row["age_months"] <= OLDEST]
    rises = [row for row in young if row["is_rise"]][:MOST_EACH_WAY]
    falls = [row for row in young if not row["is_rise"]][:MOST_EACH_WAY]
    rows = [*rises, *falls]
    if not rows:
        return None
    names = ", ".join("'{}'".format(row["series_id"].replace("'", "''")) for row in rows)
    raised = connection.sql(ALERTS.format(names=names))
    counted = Counter(row["indicator"] for row in rows)
    most = counted.most_common(1)[0][0]
    smalls = [_small(connection, row, raised, most) for row in rows]
    titles = {row["alert_id"]: one.series.title for row, one in zip(rows, smalls, strict=True)}
    said = [
        f"{verb}: {_listed(own, titles)}"
        for own, verb in ((rises, "Rises"), (falls, "Falls"))
        if own
    ]
    unit = capitalised(indicator_words(most))
    if len(counted) > 1:
        unit += ", where nothing else is said"
    # a total would flatten its parts
    is_shared = len({one.series.unit for one in smalls}) == 1 and not any(
        row["origin_iso3"] == "total" for row in rows
    )
    charts = [
        multiples_chart(smalls, ". ".join(said), unit, is_shared=is_shared, width=width)
        for width in (FULL, NARROW)
    ]
    return drawn(charts[0], charts[1])


def _listed(rows: Sequence[Row], titles: Mapping[str, str]) -> str:
    """Return the names of charts as a list, origins before totals."""
    origins = [titles[row["alert_id"]] for row in rows if row["origin_iso3"] != "total"]
    totals = [titles[row["alert_id"]] for row in rows if row["origin_iso3"] == "total"]
    return "; ".join(filter(None, [listed(origins), listed(totals)]))


def _small(connection: Connection, row: Row, raised: pl.DataFrame, most: str) -> Small:
    """Return the chart of an alert; its name says what is counted where most others count else."""
    series = series_of(connection, row["series_id"])
    counted = indicator_words(row["indicator"])
    if row["origin_iso3"] == "total":
        name = f"{row['what']}, all origins"
    elif row["indicator"] == most:
        name = row["origin"]
    else:
        name = f"{row['origin']} ({counted})"
    own = raised.filter(series_id=row["series_id"]).select(*RAISED)
    made = replace(series, title=name, marks=(), what=row["sentence"])
    return Small(made, headline(made), own)


def year_figure(country: Country, publisher: str) -> Figure | None:
    """Return the newest year beside those before it, added up from January; None by year alone."""
    rows = country.year_so_far
    if not rows:
        return None
    frame = pl.DataFrame(
        [
            {"year": row["year"], "month": row["month"], "year_to_date": float(row["year_to_date"])}
            for row in rows
        ],
        schema={"year": pl.Int64, "month": pl.Int64, "year_to_date": pl.Float64},
    )
    newest = max(frame.get_column("year"))
    last = max((row for row in rows if row["year"] == newest), key=lambda row: row["month"])
    total = next((row for row in country.year_total if row["total_year"] == newest), None)
    expected = (
        None if total is None
        else Expected(float(total["lower_80"]), float(total["median"]), float(total["upper_80"]))
    )  # fmt: skip
    made = Years(
        _year_title(rows, last), f"{last['unit_words']} added up from January", publisher,
        last["as_of_date"], frame, expected,
    )  # fmt: skip
    return drawn(None, years_chart(made, width=NARROW))


def _year_title(rows: Rows, last: Row) -> str:
    """Return how the newest year compares with the two before it at the same month."""
    same = {row["year"]: row["year_to_date"] for row in rows if row["month"] == last["month"]}
    newest = last["year"]
    compared = [
        f"{change(100 * (last['year_to_date'] / same[year] - 1))} on {year}"
        for year in (newest - 1, newest - 2)
        if same.get(year)
    ]
    until = (
        f"By the end of {last['period_start']:%B}" if last["month"] < 12 else "In the whole year"
    )
    return f"{until} {newest}: {figure(last['year_to_date'])}" + (
        f", {listed(compared)}" if compared else ""
    )


def other_figure(country: Country, publisher: str) -> Figure | None:
    """Return bars of what the country's authority counts by year alone; None without such counts.

    Different counts have colours of their own: a change of what is counted is no movement.
    """
    rows = country.other_yearly
    if len({row["year"] for row in rows}) < LEAST_YEARS:
        return None
    newest = max(row["year"] for row in rows)
    shown = [row for row in rows if row["year"] > newest - YEARS]
    kinds = list(dict.fromkeys(row["what"] for row in sorted(shown, key=lambda row: row["year"])))
    frame = pl.DataFrame(
        [
            {"period": row["period_start"], "kind": row["what"], "number": int(row["value"])}
            for row in shown
        ],
        schema={"period": pl.Date, "kind": pl.String, "number": pl.Int64},
    )
    last = [max((r for r in shown if r["what"] == kind), key=lambda r: r["year"]) for kind in kinds]
    said = [f"{row['what']}: {figure(row['value'])} in {row['year']}" for row in last]
    title = "; ".join([said[0], *(text[:1].lower() + text[1:] for text in said[1:])])
    as_of = max(row["as_of_date"] for row in shown)
    subtitle = f"People a year. As of {day_words(as_of)}, {publisher}."
    words = f"{title}. Source: {publisher}, as of {as_of.isoformat()}."
    charts = [
        counts_chart([Counts("", "A", frame, "people")], kinds, title, subtitle, words, width=width)
        for width in (FULL, NARROW)
    ]
    return drawn(charts[0], charts[1])


def boats_figure(connection: Connection, country: Country, publisher: str) -> Figure | None:
    """Return how many people came in each boat, by quarter; None without such figures."""
    found = connection.sql(PER_BOAT.format(code=country.code))
    if found.height < LEAST_QUARTERS:
        return None
    past = found.tail(QUARTERS).select(
        "period_start", "value", pl.lit(value=False).alias("is_provisional")
    )
    made = Series(
        "People in each boat", f"People in each boat to {country.words}", "people a boat", "Q",
        publisher, found.get_column("as_of_date").max(), past,  # type: ignore[arg-type]
    )  # fmt: skip
    newest = made.newest
    title = (
        f"People in each boat: {newest['value']:.0f} {made.dated(newest['period_start'])}"
        f"{on_the_year(made)}"
    )
    chart = series_chart(made.titled(title), width=NARROW)
    return drawn(None, chart)


def policy_ranges(rows: Sequence[Row]) -> dict[Pairs, str]:
    """Return a small drawing of each change with its range, by policy and series, on one scale."""
    shown = [row for row in rows if row["change_pct"] is not None]
    if not shown:
        return {}
    names = ("change_pct", "change_lower_pct", "change_upper_pct")
    reached = [row[name] for row in shown for name in names if row[name] is not None]
    ends = (min(reached), max(reached))
    return {
        (row["policy_id"], row["series_id"]): svg(
            range_mark(
                row["change_pct"], row["change_lower_pct"], row["change_upper_pct"],
                _range_words(row), is_sure=row["verdict"] == "identified", ends=ends,
            ),
            None,
        )
        for row in shown
    }  # fmt: skip


def _range_words(row: Row) -> str:
    said = f"{row['what']}: change {change(row['change_pct'])}"
    if row["change_lower_pct"] is not None:
        low, high = change(row["change_lower_pct"]), change(row["change_upper_pct"])
        said += f", 95% range {low} to {high}"
    return said


def share_bars(country: Country) -> dict[str, str]:
    """Return a small bar of the shares recognised and otherwise protected, by origin."""
    return {
        row["origin_iso3"]: svg(share_bar(*_shares(row)), None)
        for row in country.recognition
        if row["place"] > 0 and row["recognised_pct"] is not None
    }


def _shares(row: Row) -> tuple[list[float], str]:
    parts = [row["recognised_pct"]]
    said = f"{row['origin']}: {row['recognised_pct']:.0f}% recognised"
    if row["other_protection_pct"] is not None:
        parts.append(row["other_protection_pct"])
        said += f", {row['other_protection_pct']:.0f}% given other protection"
    return parts, f"{said}, of {row['decisions']:,} decisions in {row['year']}"
