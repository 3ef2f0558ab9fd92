"""Drivers: one that leads is found, noise is not, and nothing is known before it is out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from fcm_migration.errors import UsageError
from fcm_migration.forecast.scores import LEVEL_COLUMNS
from fcm_migration.sources import SOURCES
from fcm_migration.studies.drivers.build import base_of, panel_of
from fcm_migration.studies.drivers.correction import LEARN, MEMORY, cases, corrections, huber_ridge
from fcm_migration.studies.drivers.features import FEATURES, features, join, newest_known
from fcm_migration.studies.drivers.record import dated
from fcm_migration.studies.drivers.settings import DECLARED, POOL_LAGS, Driver
from fcm_migration.studies.drivers.verdict import judge, trials
from tests.forecast.simulated import months

Floats = NDArray[np.float64]
POOL = "us_ohss_usbp/border_encounters/M"
UPSTREAM = Driver("upstream", "Simulated", "none", "none", "M", lag=1, pools=(POOL,))
NORMAL = np.array([-1.96, -1.2816, -0.6745, 0, 0.6745, 1.2816, 1.96])
ORIGINS = [f"{a}{b}{c}" for a in "AB" for b in "CD" for c in "EFGHI"]  # 20 codes


def simulate(
    seed: int, *, strength: float, length: int = 60, common: float = 0.1
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A base of naive forecasts one month ahead and an upstream panel; nothing was ever counted.

    The upstream series are random walks; next month's move is ``strength`` times this month's
    upstream move, and noise, part of which (``common``) all origins share.
    """
    rng = np.random.default_rng(seed)
    number, days = len(ORIGINS), months(length + 1)
    up = rng.normal(0, 0.4, (length + 1, number))
    noise = rng.normal(0, 0.3, (length + 1, number)) + rng.normal(0, common, (length + 1, 1))
    steps = noise + strength * np.vstack([np.zeros(number), up[:-1]])
    z = np.log(500) + 0.5 * _reverting(steps)
    upstream = np.round(np.exp(np.log(800) + _reverting(up)))
    return _base(days, z), _panel(days, upstream)


def _reverting(steps: Floats) -> Floats:
    level = np.zeros_like(steps)
    for row in range(1, len(steps)):
        level[row] = 0.95 * level[row - 1] + steps[row]
    return level


def _base(days: list[date], z: Floats) -> pl.DataFrame:
    """One month ahead from every month but the last: no change, intervals of 0.16 on the logs."""
    counts = np.round(np.exp(z[:-1].reshape(-1, 1) + 0.16 * NORMAL)).astype(np.int64)
    names = ORIGINS * (len(days) - 1)
    return pl.DataFrame(
        {
            "series_id": names,
            "origin_iso3": names,
            "origin_date": [day for day in days[:-1] for _ in ORIGINS],
            "target_period": [day for day in days[1:] for _ in ORIGINS],
            **{name: counts[:, k] for k, name in enumerate(LEVEL_COLUMNS)},
            "observed": np.round(np.exp(z[1:].ravel())).astype(np.int64),
        }
    ).with_columns(
        pool=pl.lit(POOL),
        frequency=pl.lit("M"),
        destination_iso3=pl.lit("USA"),
        rounding=pl.lit(1.0),
        horizon=pl.lit(1, dtype=pl.Int64),
    )


def _panel(days: list[date], counts: Floats) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "origin_iso3": ORIGINS * len(days),
            "period_start": [day for day in days for _ in ORIGINS],
            "value": counts.ravel().astype(np.int64),
        }
    ).with_columns(destination_iso3=pl.lit("any"))


def verdict(made: pl.DataFrame, horizon: int = 1) -> dict[str, Any]:
    return made.filter((pl.col("horizon") == horizon) & (pl.col("origins_judged") == "all")).row(
        0, named=True
    )


def test_a_driver_that_leads_is_found_and_used() -> None:
    base, panel = simulate(1, strength=0.6)
    made = dated(judge(trials(base, UPSTREAM, panel)), date(2026, 1, 1), "0" * 12)
    one = verdict(made)
    assert one["has_skill"], one["words"]
    assert one["relative_wis"] < 0.9
    assert one["relative_wis_lower"] < one["relative_wis"] < one["relative_wis_upper"]
    assert one["series"] == len(ORIGINS)
    assert one["origins"] == 60 - LEARN["M"]
    assert set(made.filter(horizon=1)["origins_judged"]) == {"all", "first_half", "second_half"}
    assert verdict(made, 6)["words"] == (
        "Simulated: not used: no origin whose driver was known and whose past could teach"
    )


@pytest.mark.parametrize(
    ("seeds", "most"), [(6, 1), pytest.param(40, 2, marks=pytest.mark.torture)]
)
def test_noise_is_not_used(seeds: int, most: int) -> None:
    """In one of twenty at most, of forty simulations; the six first show a rule that is broken."""
    used = [
        verdict(judge(trials(base, UPSTREAM, panel)))["has_skill"]
        for base, panel in (simulate(seed, strength=0.0, length=40) for seed in range(seeds))
    ]
    assert sum(used) <= most


@pytest.mark.parametrize("seeds", [4, pytest.param(20, marks=pytest.mark.torture)])
def test_noise_shared_by_all_is_not_used(seeds: int) -> None:
    shared = replace(UPSTREAM, by_origin=False, is_same_unit=False)
    used = []
    for seed in range(seeds):
        base, panel = simulate(seed, strength=0.0, length=40, common=0.3)
        one = panel.filter(pl.col("origin_iso3") == ORIGINS[0]).with_columns(
            pl.lit("any").alias("origin_iso3")
        )
        used.append(verdict(judge(trials(base, shared, one)))["has_skill"])
    assert sum(used) <= 1  # one in twenty


def shifts(base: pl.DataFrame, driver: Driver, panel: pl.DataFrame) -> pl.DataFrame:
    """Corrections by origin and series, as text so that a single bit counts."""
    found = cases(join(base, driver, panel), 1)
    made = corrections(found, LEARN["M"], MEMORY["M"])
    return pl.DataFrame({"series": found.series, "origin": found.origin, "shift": made}).filter(
        pl.col("shift").is_not_nan()
    )


@pytest.mark.parametrize(("lag", "known"), [(1, 30), (2, 29), (4, 27)])
def test_what_was_not_out_yet_changes_nothing(lag: int, known: int) -> None:
    """Origins up to row 30: with a lag of ``lag`` months they know the driver up to ``known``."""
    base, panel = simulate(2, strength=0.6)
    late = replace(UPSTREAM, lag=lag)
    days = months(61)
    until = base.filter(pl.col("origin_date") <= days[30])
    first = shifts(until, late, panel)
    assert first.height > 0
    later = pl.col("period_start") > days[known]
    other = panel.with_columns(pl.when(later).then(pl.col("value") * 7 + 3).otherwise("value"))
    assert shifts(until, late, other).equals(first)
    due = pl.col("period_start") >= days[known]
    seen = panel.with_columns(pl.when(due).then(pl.col("value") * 7 + 3).otherwise("value"))
    assert not shifts(until, late, seen).equals(first), "the newest figure that is out does count"


def test_cutting_the_data_changes_no_earlier_correction() -> None:
    base, panel = simulate(3, strength=0.6)
    days = months(61)
    # an origin the driver meets for the first time after the cut
    panel = panel.filter(
        (pl.col("origin_iso3") != ORIGINS[4]) | (pl.col("period_start") > days[40])
    )
    whole = shifts(base, UPSTREAM, panel)
    at = days[35]
    unknown = pl.when(pl.col("target_period") <= at).then("observed").alias("observed")
    cut = shifts(
        base.filter(pl.col("origin_date") <= at).with_columns(unknown),
        UPSTREAM,
        panel.filter(pl.col("period_start") <= at),
    )
    month = at.year * 12 + at.month
    earlier = whole.filter(pl.col("origin") <= month)
    assert earlier.height > 0
    assert cut.select("origin", "shift").equals(earlier.select("origin", "shift"))


def test_the_newest_known_period_respects_both_lags() -> None:
    day = pl.DataFrame({"origin_date": [date(2020, 3, 1), date(2020, 12, 1)]})
    yearly = replace(UPSTREAM, frequency="A", lag=6)
    monthly = replace(UPSTREAM, lag=3)
    found = day.select(
        newest_known(yearly, POOL, "M").alias("yearly"),
        newest_known(monthly, POOL, "M").alias("monthly"),
    )
    # March is out at the end of April: of the driver, January is; 2018 is the newest whole year
    assert found.row(0) == (date(2018, 1, 1), date(2020, 1, 1))
    assert found.row(1) == (date(2019, 1, 1), date(2020, 10, 1))


def test_a_finer_driver_is_summed_over_the_pools_period() -> None:
    """Three months make the quarter; a surge in the last one is growth over the quarter before."""
    days = months(36)
    values = [100.0] * 33 + [100.0, 100.0, 400.0]
    panel = pl.DataFrame(
        {"destination_iso3": "any", "origin_iso3": "AAA", "period_start": days, "value": values}
    )
    found = features(UPSTREAM, panel, "Q")
    last = found.row(-1, named=True)
    steady = found.row(-4, named=True)
    assert (steady["growth"], steady["gap_year"]) == pytest.approx((0, 0))
    moved = np.log(610 / 310)
    assert 0 < last["growth"] <= moved / (0.6 * 0.35)
    assert last["size"] == pytest.approx(
        (11 * 300 + 600) / 12
    )  # of the twelve quarters that end in a year


def test_a_driver_that_has_not_begun_or_has_ended_says_nothing() -> None:
    base, panel = simulate(4, strength=0.6)
    days = months(61)
    later = pl.col("period_start") >= days[20]
    panel = panel.filter(later & (pl.col("period_start") <= days[50]))
    joined = join(base, UPSTREAM, panel)
    known = joined.filter(pl.all_horizontal(pl.col(FEATURES).is_not_null()))["origin_date"]
    assert (known.min(), known.max()) == (days[20], days[50])


def test_outliers_do_not_decide() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 2))
    y = x @ np.array([0.5, 0.0]) + rng.normal(0, 0.3, 500)
    y[:10] += 50
    assert huber_ridge(x, y, 5.0) == pytest.approx([0.5, 0.0], abs=0.06)


def test_frames_are_refused_by_what_they_lack() -> None:
    base, panel = simulate(5, strength=0.0, length=12)
    with pytest.raises(UsageError, match="lacks columns"):
        join(base.drop("rounding"), UPSTREAM, panel)
    with pytest.raises(UsageError, match="pool by pool"):
        join(pl.concat([base, base.with_columns(pool=pl.lit("b/b/M"))]), UPSTREAM, panel)
    with pytest.raises(UsageError, match="without figures"):
        join(base, UPSTREAM, panel.clear())


def _flows(rows: list[tuple[str, str, str, int]], driver: Driver) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows, schema=["destination_iso3", "origin_iso3", "origin_class", "value"], orient="row"
    )
    return frame.with_columns(
        source_id=pl.lit(driver.source_id),
        indicator=pl.lit(driver.indicator),
        frequency=pl.lit(driver.frequency),
        place=pl.lit(driver.place),
        route=pl.lit("all"),
        population_group=pl.lit("all"),
        is_partial=pl.lit(value=False),
        period_start=date(2020, 1, 1),
    )


def test_elsewhere_is_everywhere_less_here() -> None:
    elsewhere = next(d for d in DECLARED if d.is_elsewhere)
    rows = [
        ("all", "AFG", "country", 100),
        ("all", "SYR", "country", 50),
        ("USA", "AFG", "country", 30),
        ("GBR", "SYR", "country", 50),
        ("all", "total", "total", 150),
    ]
    made = panel_of(elsewhere, _flows(rows, elsewhere)).sort("destination_iso3", "origin_iso3")
    assert made.select("destination_iso3", "origin_iso3", "value").rows() == [
        ("GBR", "AFG", 100),
        ("GBR", "SYR", 0),
        ("USA", "AFG", 70),
        ("USA", "SYR", 50),
    ]


def test_one_for_all_is_the_total_and_of_the_union_where_there_is_one() -> None:
    common = next(d for d in DECLARED if d.driver == "eurostat_first_time")
    rows = [("eu", "total", "total", 9), ("DEU", "total", "total", 4)]
    made = panel_of(common, _flows(rows, common))
    assert made.select("destination_iso3", "origin_iso3", "value").rows() == [("any", "any", 9)]


def test_every_declared_driver_names_pools_that_exist() -> None:
    names = {source.source_id for source in SOURCES}
    assert len({d.driver for d in DECLARED}) == len(DECLARED)
    for driver in DECLARED:
        assert driver.source_id in names
        assert driver.pools
        assert set(driver.pools) <= set(POOL_LAGS)


def test_the_base_is_one_series_for_each_country_of_origin() -> None:
    track, _ = simulate(6, strength=0.0, length=2)
    track = track.rename({"observed": "observed_value"}).with_columns(
        record_kind=pl.lit("backtest")
    )
    index = pl.DataFrame(
        {
            "series_id": ORIGINS,
            "source_id": "us_ohss_usbp",
            "indicator": "border_encounters",
            "frequency": "M",
            "origin_class": ["country"] * 18 + ["total", "unknown"],
            "route": "all",
            "place": ["all"] * 17 + ["Yuma, AZ"] + ["all"] * 2,
            "population_group": "all",
            "destination_iso3": "USA",
            "origin_iso3": ORIGINS,
            "rounding": 10,
        }
    )
    own = [c for c in track.columns if c not in index.columns or c == "series_id"]
    made = base_of(track.select(set(own) - {"pool", "rounding"}), index, POOL)
    assert made["series_id"].n_unique() == 17
    assert set(made["rounding"]) == {10.0}
