"""Scenarios: sums, order, people conserved, the baseline untouched, and entries refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.errors import UsageError
from fcm_migration.forecast.scenarios.build import Applied, apply_scenarios
from fcm_migration.forecast.scenarios.mixture import (
    declared_points,
    forecast_points,
    mixture_quantiles,
)
from fcm_migration.forecast.scenarios.tables import SCENARIO_FORECASTS, SCENARIO_MATCHES
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.reviewed import SCENARIOS, SELECTORS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX

LEVELS = QUANTILE_LEVELS
SHAPE = np.array([0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.5])
MONTHS = [date(2024 + (5 + h) // 12, (5 + h) % 12 + 1, 1) for h in range(1, 13)]  # from July 2024
ORIGIN = date(2024, 6, 1)
ALL = {"route": "all", "place": "all", "population_group": "all", "origin_iso3": "total"}


def series(name: str, *, rounding: int = 1, **dimensions: str) -> dict[str, object]:
    """One simulated entry of the index; a total of everything unless said otherwise."""
    return {
        **dict.fromkeys(SERIES_INDEX.column_names),
        "series_id": name,
        "source_id": "simulated",
        "indicator": "asylum_claims",
        "destination_iso3": "CAN",
        "frequency": "M",
        **ALL,
        "rounding": rounding,
        **dimensions,
    }


def index(*entries: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(entries), schema=polars_schema(SERIES_INDEX))


def baseline(medians: Mapping[str, Sequence[float]], *, months: int = 12) -> pl.DataFrame:
    """Published quantiles of the same shape around given medians, beside an unpublished model."""
    rows = [
        (name, ORIGIN, h + 1, MONTHS[h], model, level, round(median * scale), published)
        for name, values in medians.items()
        for h, median in enumerate(values[:months])
        for level, scale in zip(LEVELS, SHAPE, strict=True)
        for model, published in (("naive", True), ("pooled", False))
    ]
    made = pl.DataFrame(rows, schema=polars_schema(QUANTILES), orient="row")
    return made.with_columns(pl.lit(None, dtype=pl.Int64).alias("counted_so_far"))


def entry(**said: object) -> dict[str, object]:
    """A halving of everything, at once, for certain, unless said otherwise."""
    return {
        "scenario_id": "s",
        **{f"{name}_selector": "*" for name in SELECTORS},
        "scenario_kind": "multiply",
        "receiving": "",
        "first_step": 1,
        "ramp_steps": 1,
        "lag_steps": None,
        **dict.fromkeys(("factor_low", "factor_central", "factor_high"), 0.5),
        **dict.fromkeys((f"displaced_share_{p}" for p in ("low", "central", "high")), None),
        **dict.fromkeys(("words", "assumptions", "evidence"), "x"),
        "reviewed_date": date(2026, 1, 1),
        **said,
    }


def displaced(share: Sequence[float] = (0.5, 0.5, 0.5), **said: object) -> dict[str, object]:
    shares = dict(zip(("low", "central", "high"), share, strict=True))
    always = {
        "scenario_kind": "displace",
        "route_selector": "land_border",
        "receiving": "route=airport",
        "lag_steps": 1,
        **{f"displaced_share_{name}": value for name, value in shares.items()},
    }
    return entry(**{**always, **said})


def run(
    declared: dict[str, object], forecast: pl.DataFrame, entries: pl.DataFrame, **past: object
) -> Applied:
    history = past.get("history", pl.DataFrame(schema=polars_schema(SERIES)))
    assert isinstance(history, pl.DataFrame)
    frame = pl.DataFrame([declared], schema=polars_schema(SCENARIOS))
    made = apply_scenarios(frame, forecast, entries, history)
    conform(made.forecasts, SCENARIO_FORECASTS)
    conform(made.matches, SCENARIO_MATCHES)
    values = made.forecasts.sort("scenario_id", "series_id", "horizon", "quantile")
    steps = values.group_by("series_id", "horizon", maintain_order=True).agg("scenario_value")
    falls = steps.get_column("scenario_value").list.diff().list.eval(pl.element() < 0).list.any()
    assert not falls.any()
    return Applied(values, made.matches)


def outcome(made: Applied) -> str:
    return str(made.matches.item(0, "scenario_outcome"))


def column(made: Applied, name: str, what: str, level: float = 0.5) -> list[int]:
    chosen = (pl.col("series_id") == name) & (pl.col("quantile") == level)
    return made.forecasts.filter(chosen).get_column(what).to_list()


BORDER = index(
    series("all"),
    series("land", route="land_border"),
    series("air", route="airport"),
    series("inland", route="inland"),
)
MEDIANS = {
    "all": [3000.0] * 12,
    "land": [1000.0] * 12,
    "air": [800.0] * 12,
    "inland": [1200.0] * 12,
}


def test_a_certain_factor_moves_every_quantile_by_it_from_its_first_period_on() -> None:
    made = run(entry(first_step=3), baseline({"all": [1000] * 12}), index(series("all")))
    assert outcome(made) == "applied"
    for level, scale in zip(LEVELS, SHAPE, strict=True):
        assert column(made, "all", "scenario_value", level)[:2] == [round(1000 * scale)] * 2
        after = column(made, "all", "scenario_value", level)[2:]
        assert np.allclose(after, 500 * scale, rtol=0.005, atol=1)


def test_a_ramp_reaches_the_factor_in_equal_steps() -> None:
    made = run(entry(first_step=2, ramp_steps=4), baseline({"a": [8000] * 12}), index(series("a")))
    moved = column(made, "a", "scenario_value")
    assert np.allclose(moved, [8000, 7000, 6000, 5000, *[4000] * 8], rtol=0.002)


def test_an_uncertain_factor_widens_the_forecast_on_both_sides() -> None:
    def ratio(low: float, high: float) -> tuple[float, float, float]:
        said = entry(factor_low=low, factor_central=1.0, factor_high=high)
        made = run(said, baseline({"a": [10000] * 12}), index(series("a")))
        values = [column(made, "a", "scenario_value", level)[0] for level in (0.025, 0.5, 0.975)]
        return values[0] / values[1], values[1], values[2] / values[1]

    narrow, wide = ratio(1.0, 1.0), ratio(0.4, 2.5)
    assert narrow == (0.4, 10000, 2.5)
    assert wide[0] < 0.35
    assert wide[2] > 3
    # a factor that nobody is sure of, and whose median is 1, leaves the median about where it was
    assert abs(wide[1] / 10000 - 1) < 0.1


def test_displacement_conserves_people_and_totals_follow() -> None:
    """With a certain factor and share, all but what is not displaced appears elsewhere later."""
    made = run(displaced(), baseline(MEDIANS), BORDER)
    roles = made.forecasts.select("series_id", "scenario_role").unique().rows()
    assert sorted(roles) == [("air", "receives"), ("all", "contains"), ("land", "acts")]
    for level in LEVELS:
        change = {
            name: np.array(column(made, name, "scenario_value", level))
            - np.array(column(made, name, "baseline_value", level))
            for name in ("all", "land", "air")
        }
        size = column(made, "land", "baseline_value", level)[0]
        assert np.allclose(change["land"], -0.5 * size, rtol=0.01, atol=2)
        assert change["air"][0] == 0
        assert np.allclose(change["air"][1:], 0.25 * size, rtol=0.01, atol=2)
        assert np.allclose(change["all"], change["land"] + change["air"], rtol=0.01, atol=4)
    assert column(made, "inland", "scenario_value") == []


def test_parts_and_their_own_total_are_not_counted_twice() -> None:
    """Provinces and the sum of them both act: the total of everything loses the sum once."""
    entries = index(
        series("all"),
        series("land", route="land_border"),
        series("land-q", route="land_border", place="Quebec"),
        series("land-o", route="land_border", place="Ontario"),
        series("q", place="Quebec"),
        series("air", route="airport"),
    )
    medians = {"all": 3000, "land": 1000, "land-q": 700, "land-o": 300, "q": 1500, "air": 900}
    made = run(displaced(), baseline({k: [float(v)] * 12 for k, v in medians.items()}), entries)
    after = {name: column(made, name, "scenario_value")[5] for name in medians}
    assert np.allclose(
        list(after.values()), [2750, 500, 350, 150, 1325, 1150], rtol=0.005
    )  # what Quebec displaces stays in Quebec though no series of its airports is forecast
    matches = made.matches.row(0, named=True)
    counts = [matches[f"{role}_series"] for role in ("acting", "receiving", "containing")]
    assert counts == [3, 1, 2]


def test_series_that_overlap_in_a_total_are_not_guessed_at() -> None:
    """Colombians at the border and Colombians in Quebec: nobody knows how many are both."""
    border = series("border", origin_iso3="COL", route="land_border")
    quebec = series("quebec", origin_iso3="COL", place="Quebec")
    whole = series("col", origin_iso3="COL")
    forecast = baseline({name: [900.0] * 12 for name in ("all", "border", "quebec", "col")})
    said = entry(origin_iso3_selector="COL")
    clash = run(said, forecast, index(series("all"), border, quebec))
    assert (outcome(clash), clash.forecasts.height) == ("parts overlap", 0)
    assert outcome(run(said, forecast, index(border, quebec))) == "applied"
    known = run(said, forecast, index(series("all"), whole, border, quebec))
    assert outcome(known) == "applied"
    assert np.allclose(column(known, "all", "scenario_value"), 450, rtol=0.005)


def test_nothing_falls_below_zero_and_every_value_lies_on_the_grid() -> None:
    entries = index(
        series("all", rounding=5),
        series("land", rounding=5, route="land_border"),
        series("air", rounding=5),
    )
    said = entry(route_selector="land_border", factor_high=9.0)
    made = run(said, baseline({"all": [40] * 12, "land": [400] * 12}), entries)
    values = made.forecasts.get_column("scenario_value")
    assert values.min() == 0
    touched = made.forecasts.filter(pl.col("scenario_value") != pl.col("baseline_value"))
    assert set(touched.get_column("scenario_value") % 5) == {0}


def test_the_baseline_is_the_published_forecast_and_is_left_alone() -> None:
    forecast = baseline(MEDIANS)
    before = forecast.clone()
    made = run(displaced(), forecast, BORDER)
    assert forecast.equals(before)
    joined = made.forecasts.join(
        forecast.filter("is_published"), on=("series_id", "horizon", "quantile")
    )
    assert joined.height == made.forecasts.height == 3 * 12 * len(LEVELS)
    assert (joined.get_column("baseline_value") == joined.get_column("value")).all()


def test_what_is_counted_of_a_running_period_stays() -> None:
    """Half of 100 are counted: a halving takes a quarter away, and no quantile of what remains."""
    forecast = baseline({"a": [100.0, 100.0]}, months=2)
    counted = pl.when(pl.col("horizon") == 1).then(50).otherwise(None)
    running = forecast.with_columns(
        pl.max_horizontal("value", counted).alias("value"), counted.alias("counted_so_far")
    )
    made = run(entry(), running, index(series("a")))
    first, second = column(made, "a", "scenario_value")
    assert (first, second) == (75, 50)
    assert min(made.forecasts.filter(pl.col("horizon") == 1)["scenario_value"]) >= 50


def test_what_is_held_is_the_same_month_of_the_year_before() -> None:
    history = pl.DataFrame(
        [
            {
                **dict.fromkeys(SERIES.column_names),
                "series_id": "a",
                "period_start": date(day.year - 1, day.month, 1),
                "value": 100 * (n + 1),
            }
            for n, day in enumerate(MONTHS)
        ],
        schema=polars_schema(SERIES),
    )
    one = dict.fromkeys(("factor_low", "factor_central", "factor_high"), 1.0)
    said = entry(scenario_kind="hold", **one)
    forecast, entries = baseline({"a": [5000] * 12}), index(series("a"))
    made = run(said, forecast, entries, history=history)
    assert np.allclose(column(made, "a", "scenario_value"), 100 * np.arange(1, 13), rtol=0.01)
    assert np.allclose(column(made, "a", "scenario_value", 0.9)[4], 500 * 1.7, rtol=0.01)
    assert outcome(run(said, forecast, entries, history=history[1:])) == "no level to hold"


def test_a_scenario_that_finds_nothing_says_so() -> None:
    forecast = baseline(MEDIANS)
    nowhere = run(entry(source_id_selector="nobody"), forecast, BORDER)
    assert outcome(nowhere) == "no series"
    assert nowhere.forecasts.is_empty()
    unforecast = forecast.filter(pl.col("series_id") != "inland")
    left = run(entry(route_selector="inland"), unforecast, BORDER)
    assert outcome(left) == "no forecast"
    assert left.matches.item(0, "series_without_forecast") == 1
    alone = displaced(receiving="route=darien")
    assert outcome(run(alone, forecast, BORDER)) == "no receiver"


def test_a_total_is_left_out_where_a_part_that_moves_is_not_forecast() -> None:
    """The land border's forecast ends early: later months of the total are not made up."""
    short = pl.concat(
        [
            baseline({k: MEDIANS[k] for k in ("all", "air")}),
            baseline({"land": [1000.0] * 9}, months=9),
        ]
    )
    made = run(displaced(), short, BORDER)
    assert len(column(made, "all", "scenario_value")) == 9
    assert len(column(made, "air", "scenario_value")) == 10


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (entry(factor_low=2.0), "factors out of order"),
        (displaced((0.9, 0.5, 0.1)), "shares out of order"),
        (displaced(lag_steps=None), "a displacement, and nothing else"),
        (entry(receiving="route=airport"), "a displacement, and nothing else"),
        (displaced(receiving="frequency=Q"), "no dimension to receive at"),
        (displaced(factor_high=1.2), "no factor above 1"),
    ],
)
def test_an_entry_that_contradicts_itself_is_refused(said: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        run(said, baseline(MEDIANS), BORDER)


def test_points_of_a_forecast_have_its_quantiles() -> None:
    known = 1000 * SHAPE
    assert np.allclose(
        mixture_quantiles(forecast_points(LEVELS, known), LEVELS, 1.0), known, rtol=0.005
    )
    assert (forecast_points(LEVELS, np.zeros(7)) == 0).all()


def test_a_declared_size_stays_between_its_outer_percentiles() -> None:
    made = declared_points((0.1, 0.3, 0.9))
    assert made.min() >= 0.1
    assert made.max() <= 0.9
    assert np.median(made) == pytest.approx(0.3)
    assert declared_points((2.0, 2.0, 2.0)).tolist() == [2.0]
