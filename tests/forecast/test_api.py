"""Panels in, frames out: nothing looks ahead, and nothing awkward breaks a forecast."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.catalog import conform
from fcm_migration.errors import UsageError
from fcm_migration.forecast import ForecastResult, Settings, backtest, forecast
from fcm_migration.forecast.api import BACKTEST, PUBLISHED
from fcm_migration.forecast.engine import MODELS
from fcm_migration.forecast.settings import QUANTILES
from fcm_migration.forecast.tables import MODELS as MODELS_TABLE
from fcm_migration.forecast.tables import QUANTILES as QUANTILES_TABLE
from fcm_migration.forecast.tables import SCORES as SCORES_TABLE
from tests.forecast import simulated

LENGTH, HORIZON = 60, 3
SETTINGS = Settings(judged=3, track_record=3, min_pooled=60, min_pool=30)
# no gate: on so short a record something other than naive should be published somewhere
OPEN = replace(SETTINGS, gate_average=9.0, gate_single=9.0)
ORIGINS = [date(2019, 1, 1), date(2019, 2, 1), date(2019, 8, 1)]


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    """Simulated: two walks, a late one, and the awkward; a second pool of one series."""
    series = simulated.mixed(2, LENGTH)
    series["short"] = [None] * 40 + [float(v) for v in simulated.random_walks(1, 20)[:, 0]]
    main = simulated.panel(series)
    begun = pl.col("value").is_not_null().cum_sum().over("series_id") > 0
    late = simulated.panel({"late": [50.0] * 6}, first=date(2019, 7, 1))
    alone = simulated.panel({"alone": [3.0] * 5}, first=date(2019, 6, 1), pool="simulated_other")
    return pl.concat([main.filter(begun), late, alone])


@pytest.fixture(scope="module")
def tested(panel: pl.DataFrame) -> pl.DataFrame:
    return backtest(panel, origins=ORIGINS, horizon=HORIZON, settings=OPEN)


@pytest.fixture(scope="module")
def made(panel: pl.DataFrame) -> ForecastResult:
    return forecast(panel, horizon=HORIZON, settings=SETTINGS)


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_panel_cut_at_the_origin_gives_the_same_bytes(
    panel: pl.DataFrame, tested: pl.DataFrame, origin: date
) -> None:
    known = panel.filter(pl.col("period_start") <= origin)
    cut = backtest(known, origins=[origin], horizon=HORIZON, settings=OPEN)
    whole = tested.filter(pl.col("origin") == origin)
    assert set(cut.get_column("model")) == {*MODELS, PUBLISHED}
    assert cut.get_column("observed").null_count() == cut.height
    assert cut.drop("observed").equals(whole.drop("observed"))


def test_something_other_than_naive_was_published_where_the_gate_let_it(
    tested: pl.DataFrame,
) -> None:
    wide = tested.pivot("model", index=["series_id", "origin", "horizon", "quantile"],
                        values="value")  # fmt: skip
    assert wide.filter(pl.col(PUBLISHED) != pl.col("naive")).height > 0


def test_two_workers_give_the_same_bytes_as_one(panel: pl.DataFrame, tested: pl.DataFrame) -> None:
    cut = panel.filter(pl.col("period_start") <= ORIGINS[0])
    two = backtest(cut, origins=ORIGINS[:1], horizon=HORIZON, settings=replace(OPEN, workers=2))
    one = tested.filter(pl.col("origin") == ORIGINS[0])
    assert two.drop("observed").equals(one.drop("observed"))


def test_a_backtest_has_its_columns_every_quantile_and_the_right_target(
    tested: pl.DataFrame,
) -> None:
    assert dict(tested.schema) == dict(BACKTEST)
    assert tested.null_count().drop("observed").sum_horizontal().item() == 0
    per_case = tested.group_by("series_id", "model", "origin", "horizon").agg("quantile")
    assert all(sorted(q) == list(QUANTILES) for q in per_case.get_column("quantile"))
    row = tested.row(
        by_predicate=(pl.col("series_id") == "simulated_constant")
        & (pl.col("model") == PUBLISHED)
        & (pl.col("origin") == date(2019, 2, 1))
        & (pl.col("horizon") == 3)
        & (pl.col("quantile") == 0.5),
        named=True,
    )
    assert row["target_period"] == date(2019, 5, 1)
    assert row["observed"] == 120.0
    last = tested.filter(pl.col("target_period") > date(2019, 12, 1))
    assert last.get_column("observed").null_count() == last.height


def test_a_series_not_yet_begun_or_not_observed_at_any_origin_is_left_out(
    panel: pl.DataFrame, tested: pl.DataFrame
) -> None:
    late = tested.filter(pl.col("series_id") == "simulated_late")
    assert set(late.get_column("origin")) == {date(2019, 8, 1)}
    with pytest.raises(UsageError, match="no series is observed"):
        backtest(panel, origins=[date(1990, 1, 1)], horizon=1, settings=SETTINGS)


def test_every_series_is_forecast_from_its_last_month_with_finite_ordered_quantiles(
    panel: pl.DataFrame, made: ForecastResult
) -> None:
    values = made.quantiles
    assert set(values.get_column("series_id")) == set(panel.get_column("series_id"))
    assert values.get_column("value").is_finite().all()
    assert values.get_column("value").min() == 0.0
    ordered = values.sort("quantile").with_columns(
        pl.col("value").diff().over("series_id", "model", "horizon").alias("step")
    )
    assert ordered.get_column("step").drop_nulls().min() >= 0  # type: ignore[operator]
    last = panel.filter(pl.col("value").is_not_null()).group_by("series_id").agg(
        pl.col("period_start").max()
    )  # fmt: skip
    joined = values.join(last, on="series_id")
    assert (joined.get_column("origin_date") == joined.get_column("period_start")).all()


def test_exactly_one_model_is_published_for_each_series_and_month(made: ForecastResult) -> None:
    published = made.quantiles.filter("is_published")
    each = published.group_by("series_id", "horizon").agg(
        pl.col("model").n_unique().alias("models"), pl.len().alias("rows")
    )
    assert set(each.get_column("models")) == {1}
    assert set(each.get_column("rows")) == {len(QUANTILES)}
    assert each.height == published.get_column("series_id").n_unique() * HORIZON


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("all_zero", "sparse"),
        ("one_spike", "sparse"),
        ("constant", "dense"),
        ("gap", "dense"),
        ("short", "short"),
        ("late", "too_short"),
        ("alone", "too_short"),
    ],
)
def test_an_awkward_series_is_classed_and_its_model_explained(
    made: ForecastResult, name: str, kind: str
) -> None:
    rows = made.models.filter(pl.col("series_id") == f"simulated_{name}")
    assert rows.get_column("series_class").to_list() == [kind] * 3
    if kind in ("sparse", "too_short"):
        assert set(rows.get_column("model")) == {"naive"}
        assert rows.get_column("reason").str.contains("nothing is fitted").all()
    assert (rows.get_column("imputed") == (5 if name == "gap" else 0)).all()


def test_all_zero_is_forecast_as_zero_and_a_constant_as_itself(made: ForecastResult) -> None:
    medians = made.quantiles.filter((pl.col("quantile") == 0.5) & pl.col("is_published"))
    zero = medians.filter(pl.col("series_id") == "simulated_all_zero").get_column("value")
    assert zero.to_list() == [0.0] * HORIZON
    constant = medians.filter(pl.col("series_id") == "simulated_constant").get_column("value")
    np.testing.assert_allclose(constant.to_numpy(), 120, rtol=0.2)


def test_frames_conform_to_the_declared_tables(made: ForecastResult) -> None:
    for frame, table in (
        (made.quantiles, QUANTILES_TABLE),
        (made.scores, SCORES_TABLE),
        (made.models, MODELS_TABLE),
    ):
        assert frame.columns == list(table.column_names)
        assert frame.select(table.key).is_duplicated().sum() == 0
        for column in table.columns:
            if column.allowed:
                assert set(frame.get_column(column.name)) <= set(column.allowed)
    assert made.scores.get_column("origins").max() == SETTINGS.track_record
    naive = made.scores.filter(pl.col("scored_model") == "naive").get_column("relative_wis")
    np.testing.assert_allclose(naive.drop_nulls().to_numpy(), 1.0)


def test_a_pool_without_a_figure_has_no_forecast_and_stops_no_other() -> None:
    """Every figure of a pool withheld, or no pool long enough to be judged."""
    withheld = simulated.panel({"withheld": [None] * 30}, pool="simulated_withheld")
    other = simulated.panel({"alone": [3.0] * 5}, first=date(2019, 6, 1))
    made = forecast(pl.concat([withheld, other]), horizon=HORIZON, settings=SETTINGS)
    assert set(made.quantiles.get_column("series_id")) == {"simulated_alone"}
    assert made.scores.is_empty()
    nothing = forecast(withheld, horizon=HORIZON, settings=SETTINGS)
    assert nothing.quantiles.is_empty()
    conform(nothing.quantiles, QUANTILES_TABLE)
    conform(nothing.models, MODELS_TABLE)
