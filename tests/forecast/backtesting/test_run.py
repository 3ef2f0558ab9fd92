"""Backtests use no later figures, and an origin gives the same forecast in any backtest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.catalog import conform
from fcm_migration.errors import UsageError
from fcm_migration.forecast import ForecastResult, Settings, backtest, forecast, tables
from fcm_migration.forecast.backtesting.run import BACKTEST, PUBLISHED, last_origins
from fcm_migration.forecast.composition import MODELS as MODELS_TABLE
from fcm_migration.forecast.models.engine import MODELS, SEASONAL
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.forecast.settings import FREQUENCY_SPECS
from tests.forecast import simulated

SETTINGS = Settings(min_pooled=60, min_pool=30)
LENGTHS = {"M": 56, "Q": 36, "A": 24}
HORIZON = {"M": 3, "Q": 2, "A": 2}
STEPS = (14, 8, 3)  # origins, counted back from the end


def _panel(frequency: str) -> pl.DataFrame:
    """Simulated: two walks, a season, the awkward, a late one; a second pool of one series."""
    length, season = LENGTHS[frequency], FREQUENCY_SPECS[frequency].season
    walks = simulated.random_walks(2, length, sd=0.3)
    wave = simulated.seasonal(1, length, season=max(season, 2))[:, 0]
    gap: list[float | None] = [*walks[:, 1]]
    gap[length - 9 : length - 7] = [None] * 2  # one of the origins lies in it
    series: dict[str, list[float | None]] = {
        "walk_0": walks[:, 0].tolist(),
        "walk_1": walks[:, 1].tolist(),
        "wave": wave.tolist(),
        "gap": gap,
        "all_zero": [0.0] * length,
        "thousandfold": [*walks[:-6, 0], *(walks[-6:, 0] * 1000)],
    }
    days = simulated.periods(length, frequency=frequency)
    late = {"late": [50.0] * 10}
    return pl.concat(
        [
            simulated.panel(series, frequency=frequency),
            simulated.panel(late, first=days[length - 10], frequency=frequency),
            simulated.panel({"alone": [3.0] * 12}, first=days[length - 12], frequency=frequency,
                            pool="simulated_other"),
        ]
    )  # fmt: skip


@pytest.fixture(scope="module", params=["M", "Q", "A"])
def frequency(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def panel(frequency: str) -> pl.DataFrame:
    return _panel(frequency)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Fits are kept: what a fit sees is its key, so a look ahead would be a fit of its own."""
    return replace(SETTINGS, cache_dir=tmp_path_factory.mktemp("fits"))


@pytest.fixture(scope="module")
def origins(frequency: str) -> list[date]:
    days = simulated.periods(LENGTHS[frequency], frequency=frequency)
    return [days[-step] for step in STEPS]


@pytest.fixture(scope="module")
def tested(
    panel: pl.DataFrame, frequency: str, origins: list[date], settings: Settings
) -> pl.DataFrame:
    return backtest(panel, origins=origins, horizon=HORIZON[frequency], settings=settings)


@pytest.mark.parametrize("place", range(len(STEPS)))
def test_a_panel_cut_at_the_origin_gives_the_same_bytes(
    panel: pl.DataFrame,
    frequency: str,
    tested: pl.DataFrame,
    origins: list[date],
    place: int,
    settings: Settings,
) -> None:
    """Members, choice and widening; alone or within a longer backtest."""
    origin = origins[place]
    known = panel.filter(pl.col("period_start") <= origin)
    cut = backtest(known, origins=[origin], horizon=HORIZON[frequency], settings=settings)
    whole = tested.filter(pl.col("origin") == origin)
    # a series with a gap at the origin has, as far as is known then, ended
    whole = whole.join(cut.select("series_id").unique(), on="series_id", how="semi")
    missing = whole.get_column("series_id").n_unique()
    assert missing >= tested.filter(pl.col("origin") == origin)["series_id"].n_unique() - 1
    seasonal = () if frequency == "A" else SEASONAL  # a year has no season
    expected = {*MODELS, PUBLISHED} - {*SEASONAL} | {*seasonal}
    assert set(cut.get_column("model")) == expected
    assert cut.get_column("observed").null_count() == cut.height
    assert cut.drop("observed").equals(whole.drop("observed"))


def test_something_other_than_naive_was_published(tested: pl.DataFrame, frequency: str) -> None:
    """Or the tests above would say little of the choice."""
    wide = tested.pivot(
        "model", index=["series_id", "origin", "horizon", "quantile"], values="value"
    )
    assert wide.filter(pl.col(PUBLISHED) != pl.col("naive")).height > 0


def test_a_backtest_has_its_columns_every_quantile_and_the_right_target(
    panel: pl.DataFrame, tested: pl.DataFrame, frequency: str
) -> None:
    assert dict(tested.schema) == dict(BACKTEST)
    assert tested.null_count().drop("observed").sum_horizontal().item() == 0
    per_case = tested.group_by("series_id", "model", "origin", "horizon").agg("quantile")
    assert all(sorted(q) == list(QUANTILE_LEVELS) for q in per_case.get_column("quantile"))
    # each horizon is that many periods on, and what came is that period's figure
    numbered = panel.select("series_id", "period_start", "value").with_columns(
        pl.col("period_start").rank("ordinal").over("series_id").alias("place")
    )
    seen = tested.join(
        numbered, left_on=["series_id", "origin"], right_on=["series_id", "period_start"]
    ).join(
        numbered, left_on=["series_id", "target_period"], right_on=["series_id", "period_start"],
        suffix="_there",
    )  # fmt: skip
    assert seen.height > 0
    assert (seen["place_there"].cast(pl.Int64) - seen["place"] == seen["horizon"]).all()
    assert seen.get_column("observed").equals(seen.get_column("value_there"), check_names=False)
    beyond = tested.filter(pl.col("target_period") > panel.get_column("period_start").max())
    assert beyond.get_column("observed").null_count() == beyond.height


def test_a_series_not_yet_begun_or_observed_at_no_origin_is_left_out(
    panel: pl.DataFrame, tested: pl.DataFrame, origins: list[date]
) -> None:
    late = tested.filter(pl.col("series_id") == "simulated_late")
    assert set(late.get_column("origin")) == set(origins[1:])
    with pytest.raises(UsageError, match="no series is observed"):
        backtest(panel, origins=[date(1990, 1, 1)], horizon=1, settings=SETTINGS)


@pytest.fixture(scope="module")
def made(panel: pl.DataFrame, settings: Settings) -> ForecastResult:
    return forecast(panel, settings=settings)


def test_every_series_is_forecast_from_its_last_period_the_whole_horizon(
    panel: pl.DataFrame, made: ForecastResult, frequency: str
) -> None:
    values = made.quantiles
    last = panel.filter(pl.col("value").is_not_null()).group_by("series_id").agg(
        pl.col("period_start").max()
    )  # fmt: skip
    assert set(values.get_column("series_id")) == set(last.get_column("series_id"))
    joined = values.join(last, on="series_id")
    assert (joined.get_column("origin_date") == joined.get_column("period_start")).all()
    months = {"M": 1, "Q": 3, "A": 12}[frequency]
    ahead = pl.col("origin_date").dt.offset_by(pl.format("{}mo", pl.col("horizon") * months))
    assert values.filter(pl.col("target_period") != ahead).is_empty()
    assert set(values["horizon"]) == set(range(1, FREQUENCY_SPECS[frequency].horizon + 1))


def test_a_forecast_is_what_a_backtest_from_there_would_have_published(
    panel: pl.DataFrame, frequency: str, settings: Settings, made: ForecastResult
) -> None:
    origin = panel.get_column("period_start").max()
    assert isinstance(origin, date)
    again = backtest(
        panel, origins=[origin], horizon=FREQUENCY_SPECS[frequency].horizon, settings=settings
    )
    keys = ["series_id", "horizon", "quantile"]
    both = made.quantiles.filter("is_published").join(
        again.filter(pl.col("model") == PUBLISHED), on=keys, suffix="_again"
    )
    assert both.height > 0
    assert (both.get_column("value") == both.get_column("value_again")).all()


def test_exactly_one_model_is_published_for_each_series_and_period(
    made: ForecastResult, frequency: str
) -> None:
    published = made.quantiles.filter("is_published")
    each = published.group_by("series_id", "horizon").agg(
        pl.col("model").n_unique().alias("models"), pl.len().alias("rows")
    )
    assert set(each.get_column("models")) == {1}
    assert set(each.get_column("rows")) == {len(QUANTILE_LEVELS)}
    series = published.get_column("series_id").n_unique()
    assert each.height == series * FREQUENCY_SPECS[frequency].horizon
    assert set(published.get_column("model")) == {PUBLISHED}
    # and forecast.models says what it is made of
    joined = each.join(made.models, on=("series_id", "horizon"))
    assert joined.height == each.height == made.models.height
    shares = joined.select(pl.sum_horizontal(pl.col("^.*_share$"))).to_series()
    np.testing.assert_allclose(shares.to_numpy(), 1.0)


def test_frames_conform_to_the_declared_tables(made: ForecastResult, frequency: str) -> None:
    spec = FREQUENCY_SPECS[frequency]
    for frame, table in (
        (made.quantiles, tables.QUANTILES),
        (made.scores, tables.SCORES),
        (made.pool_scores, tables.POOL_SCORES),
        (made.unfitted_scores, tables.UNFITTED_SCORES),
        (made.origin_scores, tables.ORIGIN_SCORES),
        (made.models, MODELS_TABLE),
    ):
        conform(frame, table)
        assert not frame.is_empty(), table.name
    assert made.scores.get_column("origins").max() == spec.track_record
    naive = made.scores.filter(pl.col("scored_model") == "naive").get_column("relative_wis")
    np.testing.assert_allclose(naive.drop_nulls().to_numpy(), 1.0)
    imputed = made.models.filter(pl.col("series_id") == "simulated_gap").get_column("imputed")
    assert set(imputed) == {2}
    assert set(made.models.get_column("frequency")) == {frequency}


def test_every_scored_case_is_counted_once_fitted_or_not(made: ForecastResult) -> None:
    """Targets with a fit and without make all published scores; the classes are those then."""
    fitted = made.pool_scores.filter(scored_model=PUBLISHED, window="all")
    targets = fitted["targets"].sum() + made.unfitted_scores["targets"].sum()
    assert targets == made.scores.filter(scored_model=PUBLISHED)["origins"].sum()
    assert set(made.unfitted_scores["series_class"]) == {"sparse", "too_short"}


def test_a_pool_without_a_figure_has_no_forecast_and_stops_no_other() -> None:
    """Every figure of a pool withheld, or no pool long enough to be judged."""
    withheld = simulated.panel({"withheld": [None] * 30}, pool="simulated_withheld")
    other = simulated.panel({"alone": [3.0] * 5}, first=date(2019, 6, 1))
    made = forecast(pl.concat([withheld, other]), settings=SETTINGS)
    assert set(made.quantiles.get_column("series_id")) == {"simulated_alone"}
    nothing = forecast(withheld, settings=SETTINGS)
    for frame, table in (
        (nothing.quantiles, tables.QUANTILES),
        (nothing.scores, tables.SCORES),
        (nothing.pool_scores, tables.POOL_SCORES),
        (nothing.unfitted_scores, tables.UNFITTED_SCORES),
        (nothing.origin_scores, tables.ORIGIN_SCORES),
        (nothing.models, MODELS_TABLE),
    ):
        assert frame.is_empty()
        conform(frame, table)
    assert nothing.track.is_empty()


def test_every_model_is_scored_on_the_same_last_origins() -> None:
    """One that ceased to apply is not scored on origins older than naive's."""
    days = [date(2020, month, 1) for month in range(1, 7)]
    cases = pl.DataFrame(
        {
            "series_id": ["one"] * 10,
            "horizon": [1] * 10,
            "scored_model": ["naive"] * 6 + ["blend"] * 4,
            "origin_date": [*days, *days[:4]],
        }
    )
    kept = last_origins(cases, 3)
    found = dict(kept.group_by("scored_model").agg("origin_date").iter_rows())
    assert sorted(found["naive"]) == days[3:]
    assert found["blend"] == [days[3]]
