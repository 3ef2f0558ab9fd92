"""Effects of policies as a step; and the verdicts on the figures the project ships."""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.config import REFERENCE_DIR, Home
from fcm_migration.marts.reviewed import (
    POLICY_EVENTS,
    SELECTORS,
    read_reviewed,
    series_breaks,
    without_cuts,
)
from fcm_migration.marts.splices import SPLICE_SOURCES
from fcm_migration.sources import SOURCES
from fcm_migration.trends.policies.displacement import displacement
from fcm_migration.trends.policies.effects import Watched, policy_effects, watched
from fcm_migration.trends.policies.events import first_period, policies, shifted
from fcm_migration.trends.policies.false_positives import split_half
from fcm_migration.trends.policies.placebos import Drawn, draw
from fcm_migration.trends.policies.tables import POLICY_EFFECTS
from tests.bundled import bundled_series
from tests.making import make
from tests.refresh.sparse import sparse_home
from tests.trends.policy_panel import event, events

SHIPPED = ("us_ohss_usbp", "ca_ircc_asylum", "uk_irregular_migration")


def declared() -> pl.DataFrame:
    """The reviewed policies."""
    return read_declared(REFERENCE_DIR / "policy_events.csv", POLICY_EVENTS)


def test_the_reviewed_policies_name_what_there_is() -> None:
    found = declared()
    assert len(policies(found)) == len(found) >= 15
    known = {source.source_id for source in SOURCES} | set(SPLICE_SOURCES)
    named = {n for text in found["source_id_selector"] for n in text.split("|")}
    assert named <= known
    assert set(found["frequency_selector"]) <= {"M", "Q"}
    assert {"none", "down", "up", "any"} == set(found["expected_direction"])


def test_every_table_of_the_step_is_made(tmp_path: Path) -> None:
    home = sparse_home(tmp_path)
    anyone = dict.fromkeys(SELECTORS, "*") | {"origin_iso3": "ALA", "frequency": "M"}
    policy = event("toy", date(2017, 5, 2), **anyone)
    events(policy).write_csv(home.reference_dir / "policy_events.csv")
    first = make(home, "policies")
    assert {name: part.rows for name, part in first.items()} == {
        "meta.policy_events": 1,
        "trend.policy_effects": 2,
        "trend.placebos": 0,
        "trend.displacement": 0,
    }
    effects = store.read(home.home.table("trend", "policy_effects"), POLICY_EFFECTS)
    assert set(effects["verdict"]) == {"not testable"}  # a handful of claims a month


@pytest.fixture(scope="module")
def marts(bundled_home: Home) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``mart.series`` without cuts, and its index, of the bundled editions of three sources."""
    series, index = bundled_series(bundled_home, *SHIPPED)
    breaks = series_breaks(index, read_reviewed(REFERENCE_DIR, "breaks.csv"))
    return without_cuts(series, breaks), index


@pytest.fixture(scope="module")
def panel(marts: tuple[pl.DataFrame, pl.DataFrame]) -> Watched:
    """The series that can be judged."""
    return watched(*marts, policies(declared()))


@pytest.fixture(scope="module")
def effects(panel: Watched) -> pl.DataFrame:
    """``trend.policy_effects`` of the bundled editions."""
    return policy_effects(panel)


@pytest.mark.parametrize(
    ("policy", "origin", "verdict"),
    [
        ("mx-visa-ecuador", "ECU", "identified"),
        ("us-parole-chnv", "CUB", "identified"),
        ("us-parole-chnv", "NIC", "identified"),
        ("us-parole-chnv", "HTI", "not identified"),
        ("us-parole-chnv", "VEN", "not identified"),
        ("uk-albania-communique", "ALB", "identified"),
        ("check-2023-01", "COL", "none expected, none found"),
        ("check-2023-01", "PER", "none expected, none found"),
    ],
)
def test_the_known_cases_have_their_verdicts_at_every_horizon(
    effects: pl.DataFrame, policy: str, origin: str, verdict: str
) -> None:
    rows = effects.filter(policy_id=policy, origin_iso3=origin)
    assert len(rows) == 2
    assert set(rows["verdict"]) == {verdict}


def test_the_border_fell_the_airports_rose_and_inland_is_not_told(effects: pl.DataFrame) -> None:
    found = effects.filter(policy_id="ca-additional-protocol").select(
        "route", "periods_after", pl.col("change_pct").round().cast(pl.Int64), "verdict"
    )
    assert sorted(found.rows()) == [
        ("airport", 3, 110, "identified"),
        ("airport", 6, 148, "identified"),
        ("inland", 3, 18, "not identified"),
        ("inland", 6, 63, "not identified"),
        ("land_border", 3, -71, "identified"),
        ("land_border", 6, -71, "identified"),
    ]


def test_displacement_to_airports_is_a_range_and_partly_identified(
    panel: Watched, effects: pl.DataFrame
) -> None:
    made = displacement(panel, effects)
    by = {(row["periods_after"], row["counted"]): row for row in made.to_dicts()}
    near, wide = by[3, "identified"], by[3, "possible"]
    assert near["receivers"] == "ca_ircc_asylum/asylum_claims/CAN/total/airport/all/all/M"
    for model in ("level", "trend"):
        assert 0.2 < near[f"displaced_{model}"] < 0.7
    assert 0 < near["displaced_lower_80"] < 0.33 < 0.41 < near["displaced_upper_80"] < 1
    assert wide["receivers"].count("|") == 1
    assert wide["displaced_upper_80"] > near["displaced_upper_80"]
    for row in by.values():
        assert row["verdict"] == "partly identified"
        assert "partly identified: routes were growing before" in row["explanation"]
        assert row["pretrend_p_value"] < 0.001
    observed = {
        route: panel_sum(panel, route, date(2023, 4, 1), date(2023, 6, 1))
        for route in ("land_border", "airport")
    }
    assert f"land_border/all/all/M {observed['land_border']:,.0f}, a loss" in near["explanation"]
    assert f"airport/all/all/M {observed['airport']:,.0f}, a gain" in near["explanation"]


def panel_sum(panel: Watched, route: str, first: date, last: date) -> float:
    """Sum of Canadian claims of a route, from one month to another."""
    name = f"ca_ircc_asylum/asylum_claims/CAN/total/{route}/all/all/M"
    scope = panel.homes[name]
    rows = [number for number, day in enumerate(scope.periods) if first <= day <= last]
    return float(scope.values[rows, scope.series.index(name)].sum())


def test_false_positives_are_at_most_seven_percent_where_five_are_promised(
    panel: Watched, effects: pl.DataFrame
) -> None:
    series = str(effects.filter(origin_iso3="ECU")["series_id"][0])
    pool = panel.pool(series, has_control=True)
    for after in (3, 6):
        found = panel.moves(pool, after)
        rows, columns = np.nonzero(found.eligible)
        assert len(rows) >= 200
        called = split_half(pool, Drawn(found.change[rows, columns], rows, columns), reach=36)
        assert np.nanmean(called) <= 0.07
        recent = rows >= len(pool.periods) - 36
        assert np.nanmean(called[recent]) <= 0.07


def shown(number: float, pattern: str, words: str) -> None:
    """A figure stands in the words as the pattern's group."""
    found = re.search(pattern, words)
    assert found, (pattern, words)
    assert float(found.group(1).replace(",", "")) == pytest.approx(number, abs=0.51)


Counts = dict[str, dict[date, int]]
NAMED = ["country", "territory", "former_state"]


@pytest.fixture(scope="module")
def counts(marts: tuple[pl.DataFrame, pl.DataFrame]) -> Counts:
    """US encounters by origin and month; a month without a row is one in which none was met."""
    series, index = marts
    origins = index.filter(
        pl.col("source_id").eq("us_ohss_usbp"),
        pl.col("route").eq("all"),
        pl.col("place").eq("all"),
        pl.col("origin_class").is_in(NAMED),
    ).get_column("series_id")
    chosen = series.filter(pl.col("series_id").is_in(origins.to_list()))
    months = sorted(set(chosen["period_start"]))
    made: Counts = {name.split("/")[3]: dict.fromkeys(months, 0) for name in origins}
    for name, day, value in chosen.select("series_id", "period_start", "value").iter_rows():
        made[name.split("/")[3]][day] = value
    return made


def mean(values: dict[date, int], begin: date, first: int, count: int) -> float:
    """Mean of so many months, the first so many after ``begin``."""
    days = [shifted(begin, "M", first + step) for step in range(count)]
    return sum(values[day] for day in days) / count


def touched() -> set[tuple[str, date]]:
    """Origin and month for which the three months before and after hold a policy's begin."""
    own = declared().filter(
        pl.col("source_id_selector").eq("us_ohss_usbp"), pl.col("expected_direction") != "none"
    )
    return {
        (origin, shifted(first_period(day, "M"), "M", step))
        for text, day in own.select("origin_iso3_selector", "policy_date").iter_rows()
        for origin in text.split("|")
        for step in range(-2, 3)
    }


def moved(counts: Counts, origin: str, begin: date, apart: set[tuple[str, date]]) -> list[float]:
    """Means before and after, the others' factor and number, and the change beyond them."""
    others = [
        (mean(values, begin, 0, 3) + 1) / (mean(values, begin, -3, 3) + 1)
        for name, values in counts.items()
        if name != origin and (name, begin) not in apart and mean(values, begin, -12, 12) >= 10
    ]
    factor = math.exp(sum(map(math.log, others)) / len(others))
    before, after = mean(counts[origin], begin, -3, 3), mean(counts[origin], begin, 0, 3)
    return [before, after, factor, len(others), (after + 1) / ((before + 1) * factor) - 1]


def test_every_figure_of_a_sentence_comes_from_the_published_series(
    panel: Watched, effects: pl.DataFrame, counts: Counts
) -> None:
    """Means, control, change and placebos computed again from mart.series, by plain sums."""
    chosen = effects.filter(policy_id="us-parole-chnv", origin_iso3="CUB", periods_after=3)
    (row,) = chosen.to_dicts()
    begin, apart = date(2023, 1, 1), touched()
    before, after, factor, others, change = moved(counts, "CUB", begin, apart)
    words = str(row["explanation"])
    shown(after, r"([\d,]+) events a month from 2023-01 to 2023-03", words)
    shown(before, r"against ([\d,]+) a month from 2022-10 to 2022-12", words)
    shown(others, r"Over the same time (\d+) other origins", words)
    shown(100 * (factor - 1), r"other origins moved by ([+-]\d+)%", words)
    shown((before + 1) * factor - 1, r"so about ([\d,]+) would be expected", words)
    shown(100 * change, r"the change is ([+-]\d+)%", words)

    pool = panel.pool(str(row["series_id"]), has_control=True)
    drawn = draw(pool, panel.moves(pool, 3), pool.periods.index(begin))
    placebos = [
        math.log1p(moved(counts, pool.series[column].split("/")[3], pool.periods[at], apart)[4])
        for at, column in zip(drawn.rows, drawn.columns, strict=True)
    ]
    large = sum(abs(placebo) >= abs(math.log1p(change)) for placebo in placebos)
    assert f"on {large} of {len(placebos)} placebo dates of" in words
    assert f"(p = {(large + 1) / (len(placebos) + 1):.3f})" in words
    bound = sorted(map(abs, placebos))[-int(0.05 * (len(placebos) + 1))]
    lower, upper = (math.expm1(math.log1p(change) + sign * bound) for sign in (-1, 1))
    shown(100 * lower, r"95% interval ([+-]\d+)%", words)
    shown(100 * upper, r"95% interval [+-]\d+% to ([+-]\d+)%", words)
    days = [pool.periods[at] for at in drawn.rows]
    assert f"{min(days):%Y-%m} to {max(days):%Y-%m} (p" in words
    assert f"Source us_ohss_usbp, as of {row['as_of_date']}." in words
