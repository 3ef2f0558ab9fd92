"""Totals of a year: counted months stay, months add up, and no past total uses later figures."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.forecast.tables import QUANTILES, TRACK_RECORD
from fcm_migration.forecast.year_totals.build import YearTotals, make_year_totals
from fcm_migration.forecast.year_totals.past import past_errors
from fcm_migration.forecast.year_totals.ratio import expected, ratio_quantiles
from fcm_migration.forecast.year_totals.tables import YEAR_TOTAL_SCORES, YEAR_TOTALS
from fcm_migration.forecast.year_totals.years import Monthly
from fcm_migration.marts.tables import SERIES, SERIES_INDEX

BOATS, BORDER = "boats", "border"
FIRST = date(2018, 1, 1)
SHAPE = np.array([0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.4])


def month(place: int) -> date:
    return date(FIRST.year + place // 12, place % 12 + 1, 1)


def entry(name: str, source: str, indicator: str, route: str) -> dict[str, object]:
    return {
        **dict.fromkeys(SERIES_INDEX.column_names),
        "series_id": name,
        "source_id": source,
        "indicator": indicator,
        "unit": "persons",
        "origin_iso3": "total",
        "route": route,
        "place": "all",
        "population_group": "all",
        "frequency": "M",
        "rounding": 1,
        "as_of_date": date(2024, 6, 10),
    }


INDEX = pl.DataFrame(
    [
        entry(BOATS, "uk_small_boats", "small_boat_arrivals", "english_channel"),
        entry(BORDER, "us_cbp_sbo", "land_border_encounters", "southwest_land_border"),
        entry("other", "us_cbp_sbo", "land_border_encounters", "northern_land_border"),
    ],
    schema=polars_schema(SERIES_INDEX),
)


def counts(months: int, level: float = 100.0) -> list[int]:
    """A simulated random walk on the log scale with a season."""
    rng = np.random.default_rng(7)
    walk = np.cumsum(rng.normal(0, 0.15, months))
    season = 0.4 * np.sin(np.arange(months) * np.pi / 6)
    return [round(level * float(np.exp(a + b))) for a, b in zip(walk, season, strict=True)]


def panel(values: list[int]) -> pl.DataFrame:
    rows = [
        {**dict.fromkeys(SERIES.column_names), "series_id": name, "period_start": month(place),
         "value": value}
        for name in (BOATS, BORDER)
        for place, value in enumerate(values)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=polars_schema(SERIES))


def published(origin: int, medians: list[float], shape: np.ndarray = SHAPE) -> pl.DataFrame:
    rows = [
        (name, month(origin), h + 1, month(origin + h + 1), "naive", level, round(m * s), True)
        for name in (BOATS, BORDER)
        for h, m in enumerate(medians)
        for level, s in zip(QUANTILE_LEVELS, shape, strict=True)
    ]
    return pl.DataFrame(rows, schema=polars_schema(QUANTILES), orient="row")


def track(values: list[int], origins: range) -> pl.DataFrame:
    """Backtests of the last value, with the shape of the published fans."""
    rows = [
        {
            **dict.fromkeys(TRACK_RECORD.column_names),
            "series_id": name,
            "origin_date": month(origin),
            "horizon": h,
            "target_period": month(origin + h),
            "record_kind": "backtest",
            **dict(zip(LEVEL_COLUMNS, np.round(values[origin] * SHAPE).astype(int), strict=True)),
            "observed_value": values[origin + h],
        }
        for name in (BOATS, BORDER)
        for origin in origins
        for h in range(1, 13)
        if origin + h < len(values)
    ]
    return pl.DataFrame(rows, schema=polars_schema(TRACK_RECORD))


NO_NOWCAST = pl.DataFrame(schema=polars_schema(NOWCAST))
VALUES = counts(77)  # to May 2024


def run(forecast: pl.DataFrame, nowcast: pl.DataFrame = NO_NOWCAST) -> YearTotals:
    made = make_year_totals(forecast, nowcast, track(VALUES, range(40, 76)), panel(VALUES), INDEX)
    conform(made.totals, YEAR_TOTALS)
    conform(made.scores, YEAR_TOTAL_SCORES)
    return made


def one(made: YearTotals, name: str, kind: str) -> pl.DataFrame:
    return made.totals.filter((pl.col("series_id") == name) & (pl.col("year_kind") == kind))


def test_certain_months_add_up_to_a_certain_year() -> None:
    made = run(published(76, [10.0] * 12, np.ones(7)))
    calendar, fiscal = one(made, BORDER, "calendar"), one(made, BORDER, "us_fiscal")
    assert set(calendar["value"]) == {sum(VALUES[72:77]) + 70}
    # October 2023 to May 2024, and June to September to come
    assert set(fiscal["value"]) == {sum(VALUES[69:77]) + 40}
    assert set(fiscal["total_year"]) == {2024}
    assert fiscal.row(0, named=True)["first_month_date"] == date(2023, 10, 1)
    assert fiscal["months_counted"][0] == 8
    assert calendar["previous_total"][0] == sum(VALUES[60:72])
    assert calendar["previous_so_far"][0] == sum(VALUES[60:65])
    assert calendar["counted_to_date"][0] == date(2024, 5, 31)
    assert one(made, BOATS, "us_fiscal").is_empty(), "nobody asks for it"
    assert set(made.totals["series_id"]) == {BOATS, BORDER}


def test_a_running_month_is_its_nowcast_and_what_is_counted_stays() -> None:
    forecast = published(76, [100.0] * 12)
    june = pl.DataFrame(
        [
            {
                **dict.fromkeys(NOWCAST.column_names),
                "series_id": BOATS,
                "nowcast_task": "uk_small_boats_month",
                "frequency": "M",
                "target_period": date(2024, 6, 1),
                "quantile": level,
                "value": value,
                "counted_so_far": 300,
                "counted_to_date": date(2024, 6, 20),
            }
            for level, value in zip(QUANTILE_LEVELS, range(301, 308), strict=True)
        ],
        schema=polars_schema(NOWCAST),
    )
    without, made = run(forecast), run(forecast, june)
    before, after = (one(part, BOATS, "calendar") for part in (without, made))
    assert after["counted_so_far"][0] == before["counted_so_far"][0] + 300
    assert after["counted_to_date"][0] == date(2024, 6, 20)
    assert after["has_nowcast"].all()
    assert (after["value"] >= after["counted_so_far"]).all()
    assert 150 < after["value"][3] - before["value"][3] < 250  # about 304 in place of about 104
    assert one(made, BORDER, "calendar").equals(one(without, BORDER, "calendar"))


def test_a_year_with_a_missing_month_has_no_total() -> None:
    values = panel(VALUES).with_columns(
        pl.when(pl.col("period_start") == date(2024, 2, 1)).then(None).otherwise("value")
        .alias("value")
    )  # fmt: skip
    made = make_year_totals(
        published(76, [100.0] * 12), NO_NOWCAST, track(VALUES, range(40, 76)), values, INDEX
    )
    assert made.totals.is_empty()


def test_a_home_without_these_series_has_no_totals() -> None:
    made = make_year_totals(
        published(76, [100.0] * 12), NO_NOWCAST, track(VALUES, range(40, 76)), panel(VALUES),
        INDEX.filter(pl.col("series_id") == "other"),
    )  # fmt: skip
    assert made.totals.is_empty()
    assert made.scores.is_empty()


def test_the_correlation_at_an_origin_knows_no_later_figure() -> None:
    names = INDEX.select("series_id", "source_id")
    past = track(VALUES, range(40, 76)).join(names, on="series_id")
    origin = month(60)
    later = pl.col("target_period") > origin
    scrambled = past.with_columns(
        pl.when(later).then(pl.col("observed_value") * 7 + 5).otherwise("observed_value")
        .alias("observed_value")
    )  # fmt: skip
    cut = past.filter(~later)
    made = [past_errors(part).correlation("us_cbp_sbo", origin) for part in (past, scrambled, cut)]
    assert np.array_equal(made[0], made[1])
    assert np.array_equal(made[0], made[2])
    now = [past_errors(part).correlation("us_cbp_sbo", month(76)) for part in (past, scrambled)]
    assert not np.array_equal(now[0], now[1])


@pytest.mark.parametrize("origin", [month(62), month(59)])
def test_the_simple_rule_knows_no_later_figure(origin: date) -> None:
    values = np.array(VALUES, dtype=np.float64)
    later = values.copy()
    later[(origin.year - 2018) * 12 + origin.month :] *= 9
    made = []
    for part in (values, later):
        series = Monthly("s", "calendar", FIRST, part, 1.0)
        made.append(ratio_quantiles(series.year_after(origin), origin, [series]))
    assert made[0] is not None
    assert np.array_equal(made[0], made[1])


def test_the_simple_rule_goes_on_as_last_year_did() -> None:
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 2, 4, 6])
    series = Monthly("s", "calendar", FIRST, values, 1.0)
    assert expected(series.year_after(date(2019, 3, 1))) == pytest.approx(2 * 78)
    assert expected(series.year_after(date(2018, 12, 1))) == pytest.approx(78)
    assert np.isnan(expected(series.year_after(date(2018, 5, 1))))


def test_past_years_are_scored_beside_the_simple_rule() -> None:
    scores = run(published(76, [100.0] * 12)).scores
    whole = scores.filter((pl.col("months_from") == 1) & (pl.col("months_to") == 12))
    own = whole.filter(pl.col("scored_series") == BOATS)
    # origins May 2021 to November 2023, whose years 2021 to 2023 are complete
    assert set(own["cases"]) == {31}
    assert set(own["total_method"]) == {"published", "independent_months", "last_year_ratio"}
    assert own["first_origin_date"].min() == month(40)
    assert own["last_origin_date"].max() == month(70)
    bands = scores.filter(
        (pl.col("scored_series") == BOATS)
        & (pl.col("total_method") == "published")
        & ((pl.col("months_from") > 1) | (pl.col("months_to") < 12))
    )
    assert bands["cases"].sum() == 31
    simple = scores.filter(pl.col("total_method") == "last_year_ratio")["relative_log_wis"]
    assert simple.drop_nulls().to_list() == pytest.approx([1.0] * simple.drop_nulls().len())


def test_a_month_ends_before_the_next_begins() -> None:
    series = Monthly("s", "us_fiscal", FIRST, np.arange(40.0), 1.0)
    year = series.year_after(date(2019, 9, 1))
    assert (year.number, year.done, year.remaining) == (2020, 0, 12)
    assert series.month(year.start) - timedelta(days=1) == date(2019, 9, 30)
    assert series.year_after(date(2019, 10, 1)).counted() == 21.0
