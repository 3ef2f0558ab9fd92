"""Half-years, periods not yet published, scores and the choice between methods."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.catalog.derive import conform, empty
from fcm_migration.errors import UsageError
from fcm_migration.forecast.nowcast.applications import half_years, share_of_half
from fcm_migration.forecast.nowcast.build import counted_parts, preferring
from fcm_migration.forecast.nowcast.half_years import (
    SIMPLE,
    half_year_pairs,
    learn,
    log_ratio_quantiles,
    nowcast_years,
    published_method,
    score_rows,
    scored_cases,
    sums,
)
from fcm_migration.forecast.nowcast.rows import long_rows
from fcm_migration.forecast.nowcast.scoring import (
    choose,
    describe_releases,
    scored,
)
from fcm_migration.forecast.nowcast.tables import (
    APPLICATIONS,
    CORRIDOR,
    METHODS,
    NOWCAST,
    NOWCAST_SCORES,
    RATIOS,
    TOTAL,
)
from fcm_migration.forecast.nowcast.unpublished import unpublished
from fcm_migration.forecast.scores import QUANTILE_LEVELS, wis
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX

# --- scores and choice


def test_the_score_is_that_of_its_definition() -> None:
    """(|y - m| / 2 + sum of alpha / 2 * interval score) / (K + 1/2)."""
    levels = np.array([10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0])
    for observed in (5.0, 10.0, 33.0, 40.0, 99.0):
        total = abs(observed - 40.0) / 2
        for low, high, alpha in ((10.0, 70.0, 0.05), (20.0, 60.0, 0.2), (30.0, 50.0, 0.5)):
            outside = max(low - observed, 0.0) + max(observed - high, 0.0)
            total += alpha / 2 * (high - low + 2 / alpha * outside)
        got = wis(np.array([observed]), levels[None, :])
        assert got[0] == pytest.approx(total / 3.5)


def test_coverage_counts_the_bounds() -> None:
    levels = np.array([[1.0, 2, 3, 4, 5, 6, 7]] * 3)
    cases = scored(pl.DataFrame({"case": [1, 2, 3]}), np.array([3.0, 6.5, 8.0]), levels)
    assert cases.get_column("coverage_50").to_list() == [1, 0, 0]
    assert cases.get_column("coverage_95").to_list() == [1, 1, 0]


@pytest.mark.parametrize(
    ("means", "chosen"),
    [
        ({"simple": (10.0, 1.0), "other": (9.0, 0.9)}, "other"),
        ({"simple": (10.0, 1.0), "other": (9.9, 0.99)}, "simple"),  # not clearly better
        ({"simple": (10.0, 1.0), "other": (5.0, 1.01)}, "simple"),  # worse on one scale
        ({"simple": (10.0, 1.0), "other": (9.0, 0.9), "best": (8.0, 0.9)}, "best"),
        ({"simple": (10.0, 1.0), "never": (1.0, 0.1)}, "simple"),  # not a candidate
        ({"simple": (0.0, 0.0), "other": (0.0, 0.0)}, "simple"),
        ({}, "simple"),
    ],
)
def test_the_simple_rule_stays_unless_one_is_clearly_better(
    means: dict[str, tuple[float, float]], chosen: str
) -> None:
    assert choose(means, ("simple", "other", "best"), "simple") == chosen


def test_releases_are_named_with_their_days() -> None:
    days = [date(2025, 11, 14), date(2025, 11, 21)]
    assert describe_releases(days[:1]) == "release of 2025-11-14"
    assert describe_releases(days) == "2 releases, 2025-11-14 to 2025-11-21"


# --- half-years

PLACES = [f"P{n:02}" for n in range(12)]
ORIGINS = [f"O{n:02}" for n in range(12)]


def release(years: dict[int, float], seed: int = 0, half: int = 0) -> pl.DataFrame:
    """Simulated applications: each year's as a multiple of corridors of many sizes.

    Of the year ``half`` the release holds the first half only.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for year, factor in years.items():
        for at, place in enumerate(PLACES):
            for number, origin in enumerate(ORIGINS):
                size = 0.7 * 2 ** ((at + number) / 2)
                count = int(factor * size * rng.lognormal(0, 0.2)) + 1
                rows.append((year, origin, place, "N", "P", count))
                rows.append((year, origin, place, "A", "P", 10_000))  # appeals are not new
                rows.append((year, origin, place, "N", "C", 10_000))  # cases are not persons
    return pl.DataFrame(
        rows,
        schema=[
            "year",
            "origin_unhcr_code",
            "asylum_unhcr_code",
            "application_type",
            "persons_or_cases",
            "applications",
        ],
        orient="row",
    ).with_columns(is_partial=pl.col("year") == half)


HALF_22, WHOLE_22 = date(2023, 4, 27), date(2023, 6, 14)
HALF_23, WHOLE_23 = date(2023, 10, 25), date(2024, 6, 17)
HALF_24, WHOLE_24 = date(2024, 10, 18), date(2025, 6, 12)
RELEASES = [
    (HALF_22, release({2021: 10, 2022: 5}, 1, half=2022)),
    (WHOLE_22, release({2021: 10, 2022: 15}, 2)),
    (date(2023, 8, 15), release({2021: 10, 2022: 50}, 3)),  # a later word on the whole
    (HALF_23, release({2022: 15, 2023: 6}, 4, half=2023)),
    (WHOLE_23, release({2022: 15, 2023: 18}, 5)),
    (HALF_24, release({2023: 18, 2024: 4}, 6, half=2024)),
    (WHOLE_24, release({2023: 18, 2024: 12}, 7)),
    (
        date(2025, 11, 11),
        release({2024: 12, 2025: 4}, 8, half=2025),
    ),  # its whole year is still to come
]


def test_pairs_are_the_last_half_and_the_first_whole() -> None:
    pairs = half_year_pairs(RELEASES)
    assert [(p.year, p.half_release, p.whole_release) for p in pairs] == [
        (2022, HALF_22, WHOLE_22),
        (2023, HALF_23, WHOLE_23),
        (2024, HALF_24, WHOLE_24),
    ]
    frame = pairs[0].frame
    corridors = frame.filter(pl.col("scope") == CORRIDOR)
    totals = frame.filter(pl.col("scope") == TOTAL)
    assert (corridors.height, totals.height) == (144, 12)
    for name in ("half", "whole", "year_before"):
        assert corridors.get_column(name).sum() == totals.get_column(name).sum()
    assert (corridors.get_column("half") < 10_000).all()


def test_a_half_downloaded_in_june_is_no_whole_year() -> None:
    """Its day is that of a whole year; its mark says that it is none (case 01)."""
    half = release({2023: 18, 2024: 4}, 6, half=2024)
    assert half_year_pairs([(HALF_24, half), (date(2025, 6, 20), half)]) == []


def test_a_country_that_was_not_counted_again_teaches_nothing() -> None:
    """Every corridor of the United States of 2024 stood in June 2025 as in October 2024."""
    half, whole = release({2022: 5}, 1, half=2022), release({2022: 15}, 2)
    copied = pl.col("asylum_unhcr_code") == "P00"
    again = half.filter(copied).with_columns(is_partial=pl.lit(value=False))
    whole = pl.concat([whole.filter(~copied), again])
    pair = half_year_pairs([(HALF_22, half), (WHOLE_22, whole)])[0]
    assert "P00" not in pair.frame.get_column("destination")
    assert pair.frame.get_column("destination").n_unique() == len(PLACES) - 1


def test_sums_are_of_persons_newly_applying() -> None:
    frame = release({2022: 5}, 1)
    made = sums(frame, 2022)
    new = frame.filter((pl.col("application_type") == "N") & (pl.col("persons_or_cases") == "P"))
    for scope in (CORRIDOR, TOTAL):
        part = made.filter(pl.col("scope") == scope)
        assert part.get_column("value").sum() == new.get_column("applications").sum()


def test_what_is_learnt_is_a_reference_table_and_gives_the_quantiles_back() -> None:
    pairs = half_year_pairs(RELEASES)
    ratios = conform(learn(pairs), RATIOS)
    assert set(ratios.get_column("figures_year")) == {2022, 2023, 2024}
    only = ratios.filter(pl.col("figures_year") == 2022)
    frame = pairs[0].frame.filter(
        (pl.col("scope") == CORRIDOR) & pl.col("half").is_between(101, 1000)
    )
    direct = np.quantile(
        np.log((frame["whole"].to_numpy() + 5) / (frame["half"].to_numpy() + 5)), QUANTILE_LEVELS
    )
    assert log_ratio_quantiles(only, CORRIDOR, 101) == pytest.approx(direct, abs=0.02)
    mixed = log_ratio_quantiles(ratios, CORRIDOR, 101)
    assert mixed[0] < mixed[3] < mixed[6]
    with pytest.raises(UsageError, match="no half-years to learn from"):
        log_ratio_quantiles(ratios.clear(), CORRIDOR, 1)


def test_twice_the_half_has_its_median_there() -> None:
    ratios = learn(half_year_pairs(RELEASES))
    frame = pl.DataFrame(
        {"scope": [CORRIDOR, TOTAL], "half": [200, 20_000], "year_before": [None, 30_000]}
    )
    made = nowcast_years(frame, ratios)
    assert made[SIMPLE][:, 3].tolist() == [400, 40_000]
    assert made["last_year_total"][:, 3].tolist() == [400, 30_000]
    centre = (200 + 5) * np.exp(log_ratio_quantiles(ratios, CORRIDOR, 101)[3]) - 5
    assert made["learnt_ratio"][0, 3] == round(centre)
    for levels in made.values():
        assert (np.diff(levels, axis=1) >= 0).all()
        assert (levels >= 0).all()


def test_a_year_is_judged_by_the_years_before_it() -> None:
    """The last pair's whole year changes its own scores only, and nothing learnt for it."""
    pairs = half_year_pairs(RELEASES)
    cases = scored_cases(pairs, ["P00", "P01"])
    assert cases.get_column("target_period").unique().sort().to_list() == [
        date(2023, 1, 1),
        date(2024, 1, 1),
    ]
    before = scored_cases(pairs[:2], ["P00", "P01"])
    assert cases.filter(pl.col("target_period") == date(2023, 1, 1)).equals(before)
    ours = cases.filter(pl.col("stage") == "half-year, corridors of the five")
    assert ours.height == 2 * 2 * 12 * 3
    assert scored_cases(pairs[:1], []).is_empty()


def test_scores_name_their_releases_and_the_method() -> None:
    pairs = half_year_pairs(RELEASES)
    scores = conform(score_rows(pairs, PLACES), NOWCAST_SCORES)
    assert set(scores.get_column("vintages")) == {"UNHCR: 6 releases, 2023-04-27 to 2025-06-12"}
    simple = scores.filter(pl.col("nowcast_method") == SIMPLE)
    assert set(simple.get_column("relative_wis")) == {1.0}
    assert (
        scores.filter("is_published").group_by("stage").len().get_column("len").unique().item() == 1
    )
    # wholes were three times their halves in every year: what was learnt is better
    assert published_method(scores, CORRIDOR) == "learnt_ratio"
    one = score_rows(pairs[:2], PLACES)
    assert published_method(one, CORRIDOR) == SIMPLE  # one scored year is too few to choose by
    assert score_rows(pairs[:1], PLACES).equals(empty(NOWCAST_SCORES))
    assert published_method(empty(NOWCAST_SCORES), TOTAL) == SIMPLE


def test_the_half_is_january_to_june() -> None:
    assert share_of_half(2025) == pytest.approx(181 / 365)
    assert share_of_half(2024) == pytest.approx(182 / 366)


# --- rows of the table


def flows(*rows: tuple[str, str, str, int | None]) -> pl.DataFrame:
    """Incomplete rows of mart.flows: source, destination, origin, value."""
    base = {
        "indicator": "asylum_applications_new",
        "unit": "persons",
        "route": "all",
        "frequency": "A",
        "period_start": date(2025, 1, 1),
        "as_of_date": date(2025, 11, 11),
    }
    made = [
        {**base, "source_id": s, "destination_iso3": d, "origin_iso3": o, "value": v}
        for s, d, o, v in rows
    ]
    schema = {name: kind for name, kind in empty(FLOWS).schema.items() if name in made[0]}
    return pl.DataFrame(made, schema=schema)


def test_half_years_are_of_single_countries_and_hold_someone() -> None:
    partial = flows(
        (APPLICATIONS, "CAN", "IRN", 40),
        (APPLICATIONS, "all", "IRN", 90),
        (APPLICATIONS, "CAN", "IRQ", 0),
        (APPLICATIONS, "CAN", "SYR", None),
        ("v", "CAN", "IRN", 7),
    )
    kept = half_years(partial)
    assert kept.select("destination_iso3", "value").rows() == [("CAN", 40)]


def test_every_row_says_its_method_in_words_and_levels_do_not_cross() -> None:
    rows = pl.DataFrame(
        {
            "series_id": ["a"],
            "nowcast_task": ["unhcr_year_from_half"],
            "source_id": ["u"],
            "indicator": ["asylum_applications_new"],
            "unit": ["persons"],
            "frequency": ["A"],
            "target_period": [date(2025, 1, 1)],
            "counted_so_far": [40],
            "counted_to_date": [date(2025, 6, 30)],
            "share_covered": [0.5],
            "nowcast_method": [SIMPLE],
            "scored_stage": ["half-year, corridors of the five"],
            "as_of_date": [date(2025, 11, 11)],
        }
    )
    made = conform(long_rows(rows, np.array([[1.0, 3, 2, 4, 5, 6, 7.6]])), NOWCAST)
    assert made.get_column("value").to_list() == [1, 3, 3, 4, 5, 6, 8]
    assert set(made.get_column("words")) == {METHODS[SIMPLE]}
    assert long_rows(rows.clear(), np.zeros((0, 7))).equals(empty(NOWCAST))


def index(*rows: tuple[str, str, str, date]) -> pl.DataFrame:
    """Rows of mart.series_index: series, source, frequency, last period."""
    base = {"indicator": "asylum_claims", "unit": "persons", "as_of_date": date(2026, 1, 20)}
    made = [
        {**base, "series_id": i, "source_id": s, "frequency": f, "last_period": p}
        for i, s, f, p in rows
    ]
    schema = {name: kind for name, kind in empty(SERIES_INDEX).schema.items() if name in made[0]}
    return pl.DataFrame(made, schema=schema)


def forecasts(*rows: tuple[str, date]) -> pl.DataFrame:
    """Rows of forecast.quantiles, published and not."""
    made = [
        {
            "series_id": i,
            "origin_date": date(2025, 1, 1),
            "horizon": 1,
            "target_period": t,
            "model": model,
            "quantile": level,
            "value": value,
            "is_published": model == "naive",
        }
        for i, t in rows
        for model in ("naive", "pooled")
        for level, value in ((0.25, 10), (0.5, 20), (0.75, 30))
    ]
    return pl.DataFrame(made, schema=empty(QUANTILES).schema)


PARTIAL = pl.DataFrame(
    {
        "series_id": ["late"],
        "target_period": [date(2025, 12, 1)],
        "counted_so_far": [25],
    }
)


def test_months_over_without_a_figure_are_listed_with_the_published_forecast() -> None:
    known = index(
        ("late", "s", "M", date(2025, 10, 1)),
        ("newest", "s", "M", date(2025, 11, 1)),
        ("lost", "s", "M", date(2025, 7, 1)),
        ("frozen", "f", "M", date(2025, 11, 1)),
        ("quarter", "q", "Q", date(2025, 7, 1)),
    )
    made = unpublished(
        forecasts(
            ("late", date(2025, 11, 1)),
            ("late", date(2025, 12, 1)),
            ("late", date(2026, 1, 1)),  # not over on 30 January
            ("newest", date(2025, 12, 1)),
            ("lost", date(2025, 8, 1)),  # four months behind: no longer reported
            ("frozen", date(2025, 12, 1)),
            ("quarter", date(2025, 10, 1)),
            ("quarter", date(2026, 1, 1)),
        ),
        known,
        PARTIAL,
        date(2026, 1, 30),
        ["f"],
    )
    listed = conform(made, NOWCAST)
    assert listed.select("series_id", "target_period").unique().sort(
        "series_id", "target_period"
    ).rows() == [
        ("late", date(2025, 11, 1)),
        ("late", date(2025, 12, 1)),
        ("newest", date(2025, 12, 1)),
        ("quarter", date(2025, 10, 1)),
    ]
    month = listed.filter(
        (pl.col("series_id") == "late") & (pl.col("target_period").dt.month() == 12)
    )
    assert month.get_column("value").to_list() == [25, 25, 30]  # not below what is counted
    assert month.get_column("share_covered").null_count() == 3
    other = listed.filter(pl.col("series_id") == "newest")
    assert other.get_column("value").to_list() == [10, 20, 30]
    assert set(other.get_column("share_covered")) == {0.0}
    assert set(listed.get_column("as_of_date")) == {date(2026, 1, 20)}


def test_the_stock_of_the_middle_of_a_year_is_no_part_of_the_stock_at_its_end() -> None:
    """Nobody is counted towards the end of a year: refugees of June may be fewer in December."""
    middle = {"period_start": date(2025, 1, 1), "value": 232_381}
    partial = pl.DataFrame(
        [
            {"series_id": "stock", "indicator": "refugees", **middle},
            {"series_id": "pending", "indicator": "asylum_seekers_pending", **middle},
            {"series_id": "flow", "indicator": "asylum_applications_new", **middle},
        ]
    )
    assert counted_parts(partial).rows() == [("flow", date(2025, 1, 1), 232_381)]


def test_a_task_of_its_own_comes_first() -> None:
    known = index(("late", "s", "M", date(2025, 10, 1)))
    listed = unpublished(
        forecasts(("late", date(2025, 11, 1)), ("late", date(2025, 12, 1))),
        known,
        PARTIAL.clear(),
        date(2026, 1, 30),
        [],
    )
    own = listed.filter(pl.col("target_period") == date(2025, 11, 1)).with_columns(
        pl.lit("uk_small_boats_month").alias("nowcast_task")
    )
    both = conform(preferring(own, listed), NOWCAST)
    tasks = dict(both.select("target_period", "nowcast_task").unique().iter_rows())
    assert tasks == {
        date(2025, 11, 1): "uk_small_boats_month",
        date(2025, 12, 1): "not_yet_published",
    }


def test_no_forecasts_is_no_rows() -> None:
    known = index(("late", "s", "M", date(2025, 10, 1)))
    made = unpublished(empty(QUANTILES), known, PARTIAL, date(2026, 1, 30), [])
    assert made.schema == empty(NOWCAST).schema
    assert made.is_empty()
