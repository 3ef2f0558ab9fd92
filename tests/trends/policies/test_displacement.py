"""Displacement: a known share is recovered, a range is given, and more is refused (simulated)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.errors import UsageError
from fcm_migration.trends.policies import displacement as module
from fcm_migration.trends.policies.displacement import (
    displacement,
    growth_before,
    ratio_of,
    simulate,
)
from fcm_migration.trends.policies.effects import Watched, policy_effects
from tests.trends.panels import one
from tests.trends.policy_panel import FIRST, POLICY, at, event, held, only

MONTHS = 172
PATHS = 500
NAME = "ca_ircc_asylum/asylum_claims/CAN/total/land_border/all/all/M"
AIRPORT = NAME.replace("land_border", "airport")
INLAND = NAME.replace("land_border", "inland")
PLACES = ("Alberta", "Manitoba", "Ontario", "Quebec", "Yukon", "Nunavut")
KNOWN = {"source": "ca_ircc_asylum", "indicator": "asylum_claims", "unit": "persons"}


def steady(seed: int, level: float, growth: float = 0.0) -> np.ndarray:
    """Counts around a level that grows before the policy, with noise of 5 %."""
    random = np.random.default_rng(seed)
    months = np.arange(MONTHS) - at(POLICY)
    return level * np.exp(growth * np.clip(months, -18, 0) + random.normal(0, 0.05, MONTHS))


def route(name: str, values: np.ndarray, place: str = "all") -> dict[str, object]:
    """One series of claims by route and place."""
    whole = [round(float(value)) for value in values]
    made = one("total", whole, destination="CAN", route=name, first=FIRST, **KNOWN)  # type: ignore[arg-type]
    series = str(made["series_id"]).replace("/all/all/M", f"/{place}/all/M")
    return {**made, "place": place, "series_id": series}


def panel(lost: float, gained: float, growth: float = 0.0, **changes: object) -> Watched:
    """Border claims lose ``lost`` a month from the policy on; ``gained`` appear at airports."""
    border, airport = steady(1, 5000, growth), steady(2, 1500, growth)
    border[at(POLICY) :] -= lost
    airport[at(POLICY) :] += gained
    series = [
        route("land_border", border),
        route("airport", airport),
        route("inland", steady(3, 3000, growth)),
        *(route("land_border", steady(10 + n, 800), place) for n, place in enumerate(PLACES)),
    ]
    usual: dict[str, object] = {
        "source_id": "ca_ircc_asylum",
        "indicator": "asylum_claims",
        "destination_iso3": "CAN",
        "origin_iso3": "total",
        "route": "land_border",
        "receiving": "route=airport|inland",
        "fit_start_date": date(2016, 1, 20),
    }
    return held(series, event(**{**usual, **changes}))


def found(case: Watched) -> pl.DataFrame:
    """The displacement of a case."""
    return displacement(case, policy_effects(case))


@pytest.fixture(scope="module", autouse=True)
def _fewer_paths() -> Iterator[None]:
    """A quarter of the paths: what is tested here does not hang on the third digit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PATHS", PATHS)
        yield


@pytest.fixture(scope="module")
def plain() -> pl.DataFrame:
    """The displacement of two fifths, without growth before."""
    return found(panel(lost=3500, gained=1400))


def test_a_known_share_is_recovered_and_only_what_rose_is_counted(plain: pl.DataFrame) -> None:
    made = plain
    assert set(made["periods_after"]) == {3, 6}
    for after in (3, 6):
        row = only(made, periods_after=after, counted="identified")
        assert row["receivers"] == AIRPORT
        assert row["fit_first_period"] == date(2016, 2, 1)
        for model in ("level", "trend"):
            assert row[f"displaced_{model}"] == pytest.approx(0.4, abs=0.1)
            assert row[f"loss_{model}"] == pytest.approx(3500 * after, rel=0.15)
        assert row["displaced_lower_95"] < row["displaced_lower_80"] < 0.4
        assert 0.4 < row["displaced_upper_80"] < row["displaced_upper_95"]
        assert row["verdict"] == "identified"
        wide = only(made, periods_after=after, counted="possible")
        assert wide["receivers"] == f"{AIRPORT}|{INLAND}"
        assert wide["verdict"] == "partly identified"
        width, wider = (
            each["displaced_upper_80"] - each["displaced_lower_80"] for each in (row, wide)
        )
        assert wider > width


def test_growth_before_is_named() -> None:
    row = only(
        found(panel(lost=3500, gained=2500, growth=0.05)), periods_after=3, counted="identified"
    )
    assert row["pretrend_pct"] == pytest.approx(5.1, abs=1)
    assert row["pretrend_p_value"] < 0.001
    assert row["verdict"] == "partly identified"
    assert "partly identified: routes were growing before." in row["explanation"]
    # going on at the level takes the growth for a gain; going on with the trend does not
    assert row["gain_level"] > row["gain_trend"]


def test_without_a_gain_nothing_is_displaced() -> None:
    made = found(panel(lost=3500, gained=0))
    row = only(made, periods_after=3, counted="identified")
    assert (row["verdict"], row["receivers"]) == ("not identified", "")
    assert row["reasons"] == "no receiving series rose beyond its placebo dates"
    wide = only(made, periods_after=3, counted="possible")
    assert wide["verdict"] == "not identified"
    assert wide["reasons"].startswith("the sign changes within the 80% interval")


def test_without_a_loss_nothing_is_displaced() -> None:
    row = only(found(panel(lost=0, gained=2500)), periods_after=3, counted="identified")
    assert row["verdict"] == "not identified"
    assert "the treated series did not move beyond its placebo dates" in row["reasons"]


def test_beyond_six_months_is_refused() -> None:
    case = panel(lost=3500, gained=1400)
    effects = policy_effects(case)
    for after in ({"M": (3, 12)}, {"Q": (3,)}):
        with pytest.raises(UsageError, match="at most 6 months"):
            displacement(case, effects, after)


def test_too_few_periods_to_fit_are_not_testable() -> None:
    row = only(
        found(panel(lost=3500, gained=1400, fit_start_date=date(2016, 8, 1))),
        periods_after=3,
        counted="possible",
    )
    assert row["verdict"] == "not testable"
    assert row["displaced_level"] is None


def test_an_opening_displaces_the_other_way() -> None:
    """What rises on one route may be missing on another: the share is positive too."""
    row = only(
        found(panel(lost=-9000, gained=-1000, expected_direction="up")),
        periods_after=6,
        counted="possible",
    )
    assert row["loss_level"] == pytest.approx(9000 * 6, rel=0.15)
    assert row["displaced_level"] == pytest.approx(1000 / 9000, abs=0.1)


def test_the_same_figures_give_the_same_paths(plain: pl.DataFrame) -> None:
    assert found(panel(lost=3500, gained=1400)).equals(plain)


@pytest.mark.parametrize("model", ["level", "trend"])
def test_futures_go_on_from_the_figures(model: str) -> None:
    counts = steady(5, 1000)[:48]
    made = simulate(counts, 6, model, np.random.default_rng(1))
    assert made.futures[model].shape == (6, PATHS)
    assert (made.futures[model] >= 0).all()
    assert np.median(made.futures[model]) == pytest.approx(1000, rel=0.08)
    low, high = np.quantile(made.futures[model], [0.025, 0.975])
    assert low < 1000 < high


def test_a_trend_goes_on_and_a_level_does_not() -> None:
    counts = (
        200 * np.exp(0.05 * np.arange(24)) * np.exp(np.random.default_rng(2).normal(0, 0.02, 24))
    )
    trend, level = (
        np.median(simulate(counts, 6, model, np.random.default_rng(1)).futures[model][-1])
        for model in ("trend", "level")
    )
    assert trend == pytest.approx(200 * np.exp(0.05 * 29), rel=0.1)
    assert level < 0.85 * trend
    growth, p = growth_before(counts)
    assert growth == pytest.approx(100 * np.expm1(0.05), abs=0.5)
    assert p < 1e-6


def test_a_path_without_a_loss_has_no_share() -> None:
    loss, gain = np.array([-1.0, 2.0, 4.0, 0.0]), np.array([3.0, 1.0, 1.0, -3.0])
    ratio = ratio_of(loss, gain, (0.0, 0.4, 0.6, 1.0))
    np.testing.assert_array_equal(ratio, [-np.inf, 0.25, 0.5, np.inf])


def test_the_sentence_carries_the_figures_of_its_row(plain: pl.DataFrame) -> None:
    row = only(plain, periods_after=6, counted="identified")
    for figure in (
        f"{row['treated_observed']:,.0f}, a loss of {row['loss_level']:,.0f} to "
        f"{row['loss_trend']:,.0f}",
        f"{row['receiving_observed']:,.0f}, a gain of {row['gain_level']:,.0f} to "
        f"{row['gain_trend']:,.0f}",
        f"is {row['displaced_level']:.2f} (level) and {row['displaced_trend']:.2f} (trend)",
        f"together {row['displaced_lower_80']:.2f} to {row['displaced_upper_80']:.2f}",
        "persons, 6 months after, 2017-06 to 2017-11",
        "as of 2025-01-01",
    ):
        assert figure in row["explanation"]
