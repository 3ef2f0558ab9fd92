"""Breaks: simulated series with a known answer, how often there is a false one, and real ones."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.arrays import Floats
from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.catalog.derive import conform, empty
from fcm_migration.config import Home
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.studies.breaks_check import (
    detection,
    false_positives,
    quiet_stretches,
    shuffled_years,
    simulated_counts,
)
from fcm_migration.trends.breaks.build import find_breaks
from fcm_migration.trends.breaks.settings import BREAK_RULES
from fcm_migration.trends.breaks.statistic import Null, separate, simulated_null
from fcm_migration.trends.breaks.tables import BREAKS_FOUND
from fcm_migration.trends.watch.panel import scopes, watched_panel
from tests.bundled import bundled_series

START = date(2010, 1, 1)
LENGTH = 120


@pytest.fixture(scope="module")
def null() -> Null:
    """Monthly, up to 13 years."""
    return simulated_null(12, BREAK_RULES.known, longest=144)


def simulated(row: int, factor: float, *, seed: int = 7, length: int = LENGTH) -> Floats:
    """Simulated counts of 300 a month, ``factor`` times as many from ``row`` on."""
    random = np.random.default_rng(seed)
    y = simulated_counts(random, number=1, length=length, mean=300.0, rho=0.0, spread=0.15)[:, 0]
    y[row:] = np.round(y[row:] * factor)
    return y


def tables(*series: Floats, gaps: dict[int, int] | None = None) -> tuple[pl.DataFrame, ...]:
    """The simulated series as mart.series and mart.series_index; ``gaps``: withheld periods."""
    rows, facts = [], []
    for number, y in enumerate(series):
        origin = ("AFG", "IRN", "SYR", "ERI")[number]
        name = f"toy/border_encounters/USA/{origin}/all/all/all/M"
        shared = {
            "series_id": name,
            "source_id": "toy",
            "indicator": "border_encounters",
            "unit": "events",
            "destination_iso3": "USA",
            "origin_iso3": origin,
            "route": "all",
            "place": "all",
            "population_group": "all",
            "frequency": "M",
            "as_of_date": date(2021, 1, 1),
        }
        starts = pl.date_range(START, date(2035, 1, 1), "1mo", eager=True).to_list()[: len(y)]
        for row, (start, value) in enumerate(zip(starts, y, strict=True)):
            hidden = (gaps or {}).get(row) == number
            rows.append(
                shared
                | {
                    "period_start": start,
                    "value": None if hidden else int(value),
                    "is_suppressed": hidden,
                    "is_implied_zero": False,
                    "is_held_back": False,
                }
            )
        facts.append(
            shared
            | {
                "origin_class": "country",
                "rounding": 1,
                "first_period": starts[0],
                "last_period": starts[-1],
                "periods": len(y),
                "suppressed": 0,
                "missing": 0,
                "held_back": 0,
                "breaks": 0,
            }
        )
    index = pl.DataFrame(facts, schema=empty(SERIES_INDEX).schema)
    return pl.DataFrame(rows, schema=empty(SERIES).schema), index, empty(SERIES_BREAKS)


def entry(break_id: str, kind: str, first: date, last: date | None = None) -> pl.DataFrame:
    """One documented break of the first simulated series."""
    row = {
        "series_id": "toy/border_encounters/USA/AFG/all/all/all/M",
        "break_id": break_id,
        "break_first_date": first,
        "break_last_date": last,
        "break_kind": kind,
        "treatment": "note",
        "words": "Simulated.",
    }
    return pl.DataFrame([row], schema=empty(SERIES_BREAKS).schema)


def test_a_lasting_change_is_dated_and_measured() -> None:
    rise, fall, none = simulated(60, 4.0), simulated(72, 0.2, seed=8), simulated(60, 1.0, seed=9)
    found = find_breaks(*tables(rise, fall, none))
    assert found.select("origin_iso3", "period", "direction").rows() == [
        ("AFG", date(2015, 1, 1), "surge"),
        ("IRN", date(2016, 1, 1), "drop"),
    ]
    first = found.row(0, named=True)
    assert first["level_before"] == pytest.approx(rise[48:60].mean())
    assert first["level_after"] == pytest.approx(rise[60:72].mean())
    assert first["ratio"] == pytest.approx(first["level_after"] / first["level_before"])
    assert (first["reading"], first["break_ids"], first["is_provisional"]) == (
        "none_known", "", False,
    )  # fmt: skip
    for figure in (f"{first['level_after']:,.1f} events", f"{first['level_before']:,.1f}"):
        assert figure in first["explanation"]
    assert f"{first['ratio']:.2f} times" in first["explanation"]
    assert "Source toy, as of 2021-01-01." in first["explanation"]


def test_what_passes_again_is_no_break() -> None:
    spike, short = simulated(60, 1.0), simulated(60, 1.0)
    spike[60] *= 12
    short[60:64] *= 8
    assert find_breaks(*tables(spike, short)).is_empty()


def test_small_numbers_and_small_changes_are_not_named() -> None:
    small = np.where(np.arange(LENGTH) < 60, 1.0, 6.0)
    assert find_breaks(*tables(small, simulated(60, 1.4))).is_empty()


def test_a_break_of_the_last_months_is_provisional() -> None:
    y = simulated(LENGTH - 7, 6.0)
    (row,) = find_breaks(*tables(y)).rows(named=True)
    assert row["is_provisional"]
    assert row["periods_compared"] == 7
    # the same seven months of the year before, so that a season cannot pass for a change
    assert row["level_before"] == pytest.approx(y[LENGTH - 19 : LENGTH - 12].mean())
    assert "Provisional: 7 months have followed." in row["explanation"]
    assert find_breaks(*tables(simulated(LENGTH - 4, 6.0))).is_empty()


def test_withheld_months_are_neither_zero_nor_filled() -> None:
    y = simulated(60, 4.0)
    found = find_breaks(*tables(y, gaps={50: 0, 62: 0, 63: 0}))
    (row,) = found.rows(named=True)
    assert row["period"] == date(2015, 1, 1)
    known = np.delete(y[60:72], [2, 3])
    assert row["level_after"] == pytest.approx(known.mean())


@pytest.mark.parametrize(
    ("kind", "first", "last", "reading"),
    [
        ("definition", date(2015, 2, 1), None, "definition"),
        ("unit", date(2014, 12, 31), None, "definition"),
        ("policy", date(2015, 1, 15), None, "known_event"),
        ("policy", date(2012, 1, 1), date(2014, 12, 31), "known_event"),
        ("definition", date(2015, 3, 1), None, "none_known"),
        ("level", date(2014, 11, 30), None, "none_known"),
    ],
)
def test_a_definition_is_never_mistaken_for_movement(
    kind: str, first: date, last: date | None, reading: str
) -> None:
    series, index, _ = tables(simulated(60, 4.0))
    (row,) = find_breaks(series, index, entry("toy-entry", kind, first, last)).rows(named=True)
    assert row["reading"] == reading
    assert row["break_ids"] == ("" if reading == "none_known" else "toy-entry")
    if reading == "definition":
        assert "no evidence of movement" in row["explanation"]


def test_a_policy_near_a_break_is_named() -> None:
    series, index, none = tables(simulated(60, 4.0))
    visa = {
        "policy_id": "visa",
        "policy_date": date(2015, 1, 20),
        "policy_words": "A visa (simulated).",
        "expected_direction": "down",
    }
    one = pl.DataFrame([visa | {f"{name}_selector": "*" for name in SERIES_DIMENSIONS}])
    (row,) = find_breaks(series, index, none, one).rows(named=True)
    assert (row["reading"], row["break_ids"]) == ("known_event", "visa")
    early = one.with_columns(policy_date=date(2013, 1, 20))
    (row,) = find_breaks(series, index, none, early).rows(named=True)
    assert row["reading"] == "none_known"


def test_two_breaks_are_kept_apart_by_a_year() -> None:
    statistic = np.array([np.nan, 0.1, 5.0, 6.0, 0.2, 4.0])
    assert separate(statistic, 2) == [3, 5, 1]


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.97])
def test_series_without_a_break_seldom_show_one(null: Null, rho: float) -> None:
    random = np.random.default_rng(11)
    made = simulated_counts(random, number=200, length=LENGTH, mean=100.0, rho=rho, spread=0.5)
    rate = false_positives(list(made.T), null, "M", 1)
    # 1 % promised: 2 of 200, and 7 or more in under 1 of 100 such tests
    assert rate.clear <= 6 / 200


def test_a_fourfold_change_is_found_where_noise_forgets(null: Null) -> None:
    random = np.random.default_rng(12)
    made = simulated_counts(random, number=60, length=LENGTH, mean=300.0, rho=0.0, spread=0.2)
    made[60:] = np.round(4.0 * made[60:])
    assert detection(list(made.T), 60, null, 1) >= 0.9


@pytest.fixture(scope="module")
def real(bundled_home: Home) -> tuple[pl.DataFrame, pl.DataFrame]:
    """US Border Patrol encounters to September 2023, as mart.series and its index."""
    series, index = bundled_series(bundled_home, "us_ohss_usbp")
    return series.filter(pl.col("period_start") <= date(2023, 9, 1)), index


def test_quiet_stretches_of_real_series_seldom_show_one(
    real: tuple[pl.DataFrame, pl.DataFrame], null: Null
) -> None:
    random = np.random.default_rng(13)
    watched = scopes(watched_panel(*real))
    quiet = [y for scope in watched for y, _ in quiet_stretches(scope)]
    assert len(quiet) >= 50
    # upper bound: the border as a whole did fall by half in early 2017, within such a stretch
    assert false_positives(quiet, null, "M", 10).clear <= 0.06
    mixed = [shuffled_years(random, y, 12) for y in quiet for _ in range(2)]
    assert false_positives(mixed, null, "M", 10).named <= 0.02


def test_known_events_are_found_in_the_real_series(
    real: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    series, index = real
    chosen = index.filter(pl.col("route") == "northern_land_border")
    known = [
        entry("title-42-us_ohss_usbp", "policy", date(2020, 3, 1), date(2023, 5, 31))
        .with_columns(pl.lit(name).alias("series_id"))
        for name in chosen.get_column("series_id")
    ]  # fmt: skip
    found = find_breaks(series, chosen, pl.concat(known))
    total = found.filter(pl.col("origin_iso3") == "total").sort("period")
    assert total.select("period", "direction", "reading").rows() == [
        (date(2020, 4, 1), "drop", "known_event"),
        (date(2022, 9, 1), "surge", "none_known"),
    ]
    name = total.item(0, "series_id")
    own = series.filter(pl.col("series_id") == name).sort("period_start")
    year = pl.col("period_start").is_between(date(2020, 4, 1), date(2021, 3, 31))
    assert total.item(0, "level_after") == pytest.approx(
        own.filter(year).get_column("value").sum() / 12
    )
    assert conform(found, BREAKS_FOUND).equals(found)
