"""Only series that are still reported are shown as forecasts; the others are listed with why."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.shown import not_shown, shown, with_nowcasts
from fcm_migration.forecast.shown.build import MOST_MONTHS
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.periods import MONTHS_PER_PERIOD

# by frequency: a last period, the last day on which its release is new enough, and the day after
EDGES = {
    "M": (date(2025, 4, 1), date(2025, 11, 30), date(2025, 12, 1)),
    "Q": (date(2025, 4, 1), date(2026, 1, 31), date(2026, 2, 1)),
    "A": (date(2024, 1, 1), date(2026, 7, 31), date(2026, 8, 1)),
}


def quantiles(*series: tuple[str, date]) -> pl.DataFrame:
    rows = [
        (name, origin, 1, origin, model, 0.5, 7, model == "blend")
        for name, origin in series
        for model in ("blend", "naive")
    ]
    return pl.DataFrame(rows, schema=polars_schema(QUANTILES), orient="row")


def index(*series: tuple[str, str, str, date]) -> pl.DataFrame:
    """Series with source, frequency and the day of the release that its figures are from."""
    names = ["series_id", "source_id", "frequency", "as_of_date"]
    return pl.DataFrame(series, schema=names, orient="row")


@pytest.mark.parametrize("frequency", EDGES)
def test_the_age_counts_to_the_newest_release_of_the_source(frequency: str) -> None:
    origin, last_day, too_late = EDGES[frequency]
    made = quantiles(("s", origin))
    assert not_shown(made, index(("s", "source", frequency, last_day))).is_empty()
    hidden = not_shown(made, index(("s", "source", frequency, too_late)))
    (row,) = conform(hidden, NOT_SHOWN).iter_rows(named=True)
    assert (row["series_id"], row["origin_date"]) == ("s", origin)
    assert row["newest_release_date"] == too_late
    assert row["age_months"] == MOST_MONTHS[frequency] + 1 == row["most_months"] + 1
    assert str(too_late) in row["reason"]
    assert f"{row['age_months']} months after" in row["reason"]
    days = (too_late - row["last_figure_date"]).days
    assert 30 * row["age_months"] <= days <= 31 * row["age_months"]


def test_another_series_of_the_source_in_a_newer_release_makes_one_old() -> None:
    """UNHCR prints a series no more: its last release is not the newest of the source."""
    made = quantiles(("old", date(2018, 1, 1)), ("new", date(2024, 1, 1)))
    known = index(
        ("old", "unhcr", "A", date(2019, 6, 20)),
        ("new", "unhcr", "A", date(2025, 11, 11)),
        ("another", "elsewhere", "A", date(2030, 1, 1)),
    )
    hidden = not_shown(made, known)
    assert hidden.get_column("series_id").to_list() == ["old"]
    assert hidden.item(0, "newest_release_date") == date(2025, 11, 11)
    assert hidden.item(0, "age_months") == 82  # January 2019 to November 2025


def test_what_is_shown_is_the_published_model_of_what_is_not_hidden() -> None:
    made = quantiles(("old", date(2018, 1, 1)), ("new", date(2024, 1, 1)))
    known = index(
        ("old", "unhcr", "A", date(2025, 11, 11)), ("new", "unhcr", "A", date(2025, 11, 11))
    )
    kept = shown(made, not_shown(made, known))
    assert kept.select("series_id", "model").rows() == [("new", "blend")]
    assert made.height == 4, "the full table is left as it is"


def nowcast(series_id: str, period: date, task: str, value: int, counted: int) -> pl.DataFrame:
    row = {
        **dict.fromkeys(NOWCAST.column_names),
        "series_id": series_id,
        "target_period": period,
        "quantile": 0.5,
        "nowcast_task": task,
        "value": value,
        "counted_so_far": counted,
    }
    return pl.DataFrame([row], schema=polars_schema(NOWCAST))


def test_a_period_that_has_a_nowcast_has_no_other_answer() -> None:
    """One series runs, one is over and partly printed, one has no nowcast of that period."""
    day = date(2024, 1, 1)
    made = quantiles(("runs", day), ("over", day), ("other", day)).filter("is_published")
    found = with_nowcasts(
        made,
        pl.concat(
            [
                nowcast("runs", day, "uk_small_boats_month", 12, 9),
                nowcast("over", day, "not_yet_published", 8, 8),
                nowcast("other", date(2024, 2, 1), "uk_small_boats_month", 5, 5),
            ]
        ),
    )
    assert found.select("series_id", "model", "value", "counted_so_far").rows() == [
        ("runs", "nowcast", 12, 9),
        ("over", "blend", 8, 8),
        ("other", "blend", 7, None),
    ]
    assert found.drop("counted_so_far").columns == made.columns


def test_every_frequency_that_is_forecast_has_its_age() -> None:
    assert set(MOST_MONTHS) <= set(MONTHS_PER_PERIOD)
    from fcm_migration.forecast.settings import FREQUENCY_SPECS

    assert set(MOST_MONTHS) == set(FREQUENCY_SPECS)
    for frequency, spec in FREQUENCY_SPECS.items():
        # a longer age would show series whose whole forecast is over when the release comes out
        assert MOST_MONTHS[frequency] < spec.horizon * MONTHS_PER_PERIOD[frequency]
