"""A revision is expected only as long as the publisher's own habit supports it."""

from __future__ import annotations

from datetime import date

import polars as pl

from fcm_migration.catalog.derive import empty
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.trends.watch.panel import watched_panel
from fcm_migration.trends.watch.revisions import measured_window, with_revised_until
from tests.trends.panels import marts, months_on, one

FIRST = date(2019, 1, 1)
MONTHS = 40
ORIGINS = ("AAA", "BBB", "CCC")


def panel(months: int, *, young: int = 0) -> pl.DataFrame:
    """Three series of 100 a month; the newest ``young`` months are published as 90."""
    values = [100] * (months - young) + [90] * young
    return watched_panel(*marts([one(origin, values, first=FIRST) for origin in ORIGINS]))


def releases(young: int) -> list[tuple[date, pl.DataFrame]]:
    """One release a month, a month and a half after its newest month; 12 of them."""
    return [
        (months_on(FIRST, months).replace(day=16), panel(months, young=young))
        for months in range(MONTHS - 12, MONTHS)
    ]


def test_the_window_is_as_long_as_most_figures_change() -> None:
    newest = panel(MONTHS)
    assert measured_window(releases(0), newest) == 0
    assert measured_window(releases(1), newest) == 30  # in the first month of their age
    assert measured_window(releases(3), newest) == 91


def test_too_few_releases_measure_nothing() -> None:
    assert measured_window([], panel(MONTHS)) is None
    few = [(day, own.filter(pl.col("series_id").str.contains("AAA"))) for day, own in releases(1)]
    assert measured_window(few[:1], panel(MONTHS)) is None


def until(windows: dict[str, int | None], *, standing: bool) -> list[date | None]:
    rows = pl.DataFrame(
        {
            "series_id": "one",
            "source_id": "source",
            "frequency": "M",
            "period": [date(2023, 9, 1)],
            "public_from": [date(2023, 10, 20)],
        }
    )
    row = ("one", "simulated", None, None, "partial", "note", "Revised until it is closed.")
    breaks = pl.DataFrame([row], schema=empty(SERIES_BREAKS).schema, orient="row")
    made = with_revised_until(rows, breaks if standing else breaks.clear(), windows)
    return made.get_column("revised_until").to_list()


def test_measured_counts_from_the_period_and_declared_from_publication() -> None:
    assert until({"source": 91}, standing=False) == [date(2023, 12, 30)]
    assert until({"source": 0}, standing=True) == [None]  # measured: it is not revised
    assert until({"source": None}, standing=True) == [date(2024, 1, 20)]
    assert until({}, standing=False) == [None]
