"""Forecasts that add up: exact sums, nothing negative, and nothing moved without need."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.forecast.coherence import reconcile as coherence
from fcm_migration.forecast.coherence.build import coherent_forecasts
from fcm_migration.forecast.coherence.hierarchy import (
    WHOLE,
    Hierarchy,
    hierarchies,
    history,
    restrict,
    splits,
    top,
)
from fcm_migration.forecast.coherence.reconcile import (
    normal_scores,
    reconcile,
    summing_matrix,
    whole_numbers,
)
from fcm_migration.forecast.coherence.tables import COHERENT, DIMENSIONS
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from tests.forecast import simulated

Cells = list[tuple[str, str]]
TOTAL: Cells = [("total", "all")]
STAR: Cells = [*TOTAL, ("AFG", "all"), ("IRQ", "all"), ("SYR", "all"), ("total", "airport")]
TREE: Cells = [*TOTAL, ("total", "airport"), ("total", "inland"), ("AFG", "airport"),
               ("IRQ", "airport"), ("AFG", "inland")]  # fmt: skip
CROSSED: Cells = [*TREE, ("AFG", "all"), ("IRQ", "all"), ("IRQ", "inland")]


def index(cells: Cells, **changed: Any) -> pl.DataFrame:
    """An index of simulated series, one for each origin and route."""
    rows = []
    for origin, route in cells:
        one = {"source_id": "simulated", "indicator": "asylum_claims", "destination_iso3": "GBR"}
        one |= {"origin_iso3": origin, "route": route, "place": "all", "population_group": "all"}
        one |= {"frequency": "M", **changed}
        identity = "/".join(one.values())
        rows.append({**one, "series_id": identity, "rounding": changed.get("rounding", 1)})
    frame = pl.DataFrame(rows)
    rest = {n: t for n, t in polars_schema(SERIES_INDEX).items() if n not in frame.columns}
    return frame.with_columns(pl.lit(None, dtype=t).alias(n) for n, t in rest.items())


def one(cells: Cells) -> Hierarchy:
    found = hierarchies(index(cells))
    assert len(found) == 1
    return found[0]


def past(known: pl.DataFrame, months: int = 40, *, seed: int = 1) -> pl.DataFrame:
    """Simulated counts of every series of an index, a whole a little above its parts."""
    chance = np.random.default_rng(seed)
    days = simulated.months(months)
    frames = []
    for series_id, origin, route in known.select("series_id", "origin_iso3", "route").iter_rows():
        level = 10.0 ** (1 + (origin == "total") + (route == "all"))
        values = chance.poisson(level * np.exp(np.cumsum(chance.normal(0, 0.1, months))))
        frames.append(
            pl.DataFrame(
                {"series_id": series_id, "period_start": days, "value": values}
            ).with_columns(pl.col("value").cast(pl.Int64), is_suppressed=pl.lit(value=False))
        )
    return pl.concat(frames)


def published(known: pl.DataFrame, origin: date, *, horizon: int = 3) -> pl.DataFrame:
    """Simulated forecasts, each series by itself."""
    rows = [
        (series_id, origin, h, level, round(100 * (k + 1) * np.exp((level - 0.5) * h)), True)
        for k, series_id in enumerate(sorted(known["series_id"]))
        for h in range(1, horizon + 1)
        for level in QUANTILE_LEVELS
    ]
    names = ["series_id", "origin_date", "horizon", "quantile", "value", "is_published"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return frame.with_columns(
        pl.col("origin_date").dt.offset_by(pl.format("{}mo", "horizon")).alias("target_period")
    )


# which series add up ---------------------------------------------------------------------------
def test_splits_differ_in_one_dimension_and_never_leave_the_family() -> None:
    found = {
        (split.whole.split("/")[3:5][0], split.dimension): len(split.parts)
        for split in splits(index(STAR))
    }
    assert found == {("total", "origin_iso3"): 3, ("total", "route"): 1}
    crossed = {(split.dimension, len(split.parts)) for split in splits(index(CROSSED))}
    assert len(splits(index(CROSSED))) == 6
    assert crossed == {("origin_iso3", 2), ("route", 2)}
    for changed in ("source_id", "indicator", "frequency"):
        apart = pl.concat([index(TOTAL), index(STAR[1:], **{changed: "Q"})])
        assert splits(apart) == (), changed


def test_destinations_sum_to_all_of_them_with_the_rest_of_the_world_as_remainder() -> None:
    cells: Cells = [("total", "all"), ("AFG", "all")]
    known = pl.concat([index(cells, destination_iso3=name) for name in ("all", "GBR", "CAN")])
    (item,) = hierarchies(known)
    found = sorted((split.dimension, len(split.parts)) for split in item.splits)
    assert found == [("destination_iso3", 2)] * 2 + [("origin_iso3", 1)] * 3
    assert top(item).split("/")[2:4] == ["all", "total"]
    apart = hierarchies(known.filter(pl.col("destination_iso3") != "all"))
    assert [top(item).split("/")[2] for item in apart] == ["CAN", "GBR"]


def test_the_order_of_the_index_does_not_matter() -> None:
    known = index(CROSSED)
    shuffled = known.sample(fraction=1.0, shuffle=True, seed=3)
    mine, other = hierarchies(known)[0], hierarchies(shuffled)[0]
    assert mine.nodes == other.nodes
    assert list(mine.series) == sorted(mine.series)
    assert mine.splits == other.splits
    assert (mine.constraints == other.constraints).all()
    assert "/total/all/" in top(mine)


def test_hierarchies_of_one_family_that_share_no_series_are_apart() -> None:
    known = index([("AFG", "all"), ("AFG", "airport"), ("IRQ", "all"), ("IRQ", "airport")])
    assert [len(item.series) for item in hierarchies(known)] == [2, 2]
    assert len({item.name for item in hierarchies(known)}) == 2


def test_the_remainder_of_the_past_is_what_no_part_counts() -> None:
    item = one(STAR)
    days = simulated.months(4)
    value = dict.fromkeys(item.series, 10)
    value[top(item)] = 50
    rows = [(name, day, value[name], False) for name in item.series for day in days]
    frame = pl.DataFrame(
        rows, schema=["series_id", "period_start", "value", "is_suppressed"], orient="row"
    )
    afg = pl.col("series_id").str.contains("/AFG/")
    # withheld in the second month, missing in the third, not begun in the fourth
    frame = frame.with_columns(
        pl.when(afg & pl.col("period_start").is_in(days[1:3]))
        .then(None)
        .otherwise("value")
        .alias("value"),
        (afg & (pl.col("period_start") == days[1])).alias("is_suppressed"),
    ).filter(~(afg & (pl.col("period_start") == days[3])))
    found = history(item, frame)
    assert found.periods == tuple(days)
    by_origin = found.values[:, item.nodes.index(item.splits[0].remainder)]
    np.testing.assert_array_equal(by_origin, [20, 30, np.nan, 30])


def test_what_is_not_forecast_falls_to_the_remainder() -> None:
    item = one(TREE)
    kept = restrict(item, [name for name in item.series if "/AFG/" not in name])
    assert kept is not None
    assert [(s.dimension, len(s.parts)) for s in kept.splits] == [("origin_iso3", 1), ("route", 2)]
    assert restrict(item, [top(item)]) is None


# the arithmetic --------------------------------------------------------------------------------
@st.composite
def problems(draw: st.DrawFn) -> tuple[Hierarchy, np.ndarray, np.ndarray | None, int]:
    item = one(draw(st.sampled_from([STAR, TREE, CROSSED])))
    rounding = draw(st.sampled_from([1, 5, 10]))
    seed = draw(st.integers(0, 2**20))
    chance = np.random.default_rng(seed)
    n = len(item.nodes)
    middle = np.exp(chance.normal(3, draw(st.floats(0, 3)), n)) * (chance.random(n) > 0.2)
    base = np.sort(middle[:, None] * np.exp(chance.normal(0, 0.5, (n, 7))), axis=1)
    base = np.rint(base / rounding) * rounding
    if draw(st.booleans()):
        base[len(item.series) :] = 0
    scores = normal_scores(item.nodes, chance.normal(size=(draw(st.sampled_from([5, 30])), n)))
    return item, base, scores, rounding


@settings(deadline=None, max_examples=30)
@given(problems())
def test_sums_are_exact_whole_on_the_grid_and_not_negative(
    problem: tuple[Hierarchy, np.ndarray, np.ndarray | None, int],
) -> None:
    item, base, scores, rounding = problem
    made = reconcile(item, base, scores, rounding)
    assert (item.constraints.astype(np.int64) @ made.points == 0).all()
    assert (made.points >= 0).all()
    assert (made.points % rounding == 0).all()
    assert (made.quantiles % rounding == 0).all()
    assert (np.diff(made.quantiles, axis=1) >= 0).all()
    assert (made.quantiles[:, 3] == made.points).all()
    nothing = ~base[len(item.series) :].any(axis=1)
    assert (made.points[len(item.series) :][nothing] == 0).all()


@settings(deadline=None, max_examples=15)
@given(problems())
def test_what_adds_up_already_is_left_alone(
    problem: tuple[Hierarchy, np.ndarray, np.ndarray | None, int],
) -> None:
    item, base, scores, rounding = problem
    points = reconcile(item, base, scores, rounding).points.astype(np.float64)
    again = np.maximum(points[:, None] * np.linspace(0.4, 1.6, 7), 0)
    again[:, 3] = points
    again = np.rint(again / rounding) * rounding
    made = reconcile(item, again, scores, rounding)
    np.testing.assert_array_equal(made.points, points)
    np.testing.assert_array_equal(made.quantiles, again)


@settings(deadline=None, max_examples=15)
@given(problems())
def test_the_order_of_the_nodes_does_not_matter(
    problem: tuple[Hierarchy, np.ndarray, np.ndarray | None, int],
) -> None:
    """Series under other names, so in another order: the same adjusted figures."""
    item, base, scores, _ = problem
    spread = np.maximum(base[:, 5] - base[:, 1], 1.0)[:, None]
    errors = spread if scores is None else spread * scores.T
    free = base[:, 3].argsort()
    mine = coherence._adjust(item.constraints, base[:, 3], errors)
    other = coherence._adjust(item.constraints[:, free], base[free, 3], errors[free])
    np.testing.assert_allclose(other, mine[free], rtol=1e-6, atol=1e-5 * np.abs(mine).max() + 1e-9)


def test_the_library_agrees_with_the_formula_under_constraints() -> None:
    """MinT as y - W A' (A W A')^-1 A y (Di Fonzo and Girolimetto 2023), another way to it."""
    from hierarchicalforecast.utils import _shrunk_covariance_schaferstrimmer_no_nans as shrunk

    chance = np.random.default_rng(5)
    for cells in (STAR, TREE, CROSSED):
        item = one(cells)
        a, n = item.constraints, len(item.nodes)
        base = chance.uniform(10, 1000, n)
        for errors in (chance.uniform(1, 50, (n, 1)), chance.normal(0, 20, (n, 40))):
            w = np.diag(errors[:, 0] ** 2) if errors.shape[1] == 1 else shrunk(errors, 2e-8)
            expected = base - w @ a.T @ np.linalg.solve(a @ w @ a.T, a @ base)
            np.testing.assert_allclose(coherence._adjust(a, base, errors), expected, rtol=1e-6)
            order, summing = summing_matrix(a, base)
            assert np.abs(a[:, order] @ summing).max() < 1e-12
            assert summing.shape == (n, n - len(a))


def test_the_bounded_solution_is_the_best_one() -> None:
    """Against a general solver: least weighted squares among sums without a negative node."""
    from scipy.optimize import minimize

    item = one(TREE)
    a, n = item.constraints, len(item.nodes)
    base = np.full((n, 7), 50.0)
    whole = item.nodes.index(top(item))
    base[whole] = 5.0  # far below its parts: some must reach zero
    base[:, 1], base[:, 5] = 0.0, 2.5631 * np.linspace(10, 40, n)
    made = reconcile(item, base, None, 1).points
    weight = np.linspace(10, 40, n) ** -2
    weight[whole] /= coherence.WHOLE_SPREAD**2
    bound = minimize(
        lambda y: float((weight * (y - base[:, 3]) ** 2).sum()),
        np.full(n, 1.0),
        bounds=[(0, None)] * n,
        constraints={"type": "eq", "fun": lambda y: a @ y},
        method="SLSQP",
    )
    assert bound.success
    assert (bound.x < 0.5).any()
    np.testing.assert_allclose(made, bound.x, atol=1.0)


def largest_remainder(values: np.ndarray, total: int) -> np.ndarray:
    """Hare's method, written out."""
    floor = np.floor(values).astype(int)
    first = np.argsort(-(values - floor), kind="stable")[: total - floor.sum()]
    floor[first] += 1
    return floor


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.1, 99.9), min_size=2, max_size=9, unique=True))
def test_rounding_one_whole_is_by_largest_remainders(parts: list[float]) -> None:
    total = round(sum(parts))
    values = np.array(parts) * total / sum(parts)
    constraints = np.array([[1.0, *[-1.0] * len(parts)]])
    made = whole_numbers(
        constraints, np.array([total, *values]), fixed=np.zeros(len(parts) + 1, dtype=bool)
    )
    assert made[0] == made[1:].sum() == total
    assert np.abs(made[1:] - values).sum() == pytest.approx(
        np.abs(largest_remainder(values, total) - values).sum(), abs=1e-6
    )


def test_rounding_mends_figures_that_do_not_add_up_and_keeps_zeros() -> None:
    constraints = np.array([[1.0, -1.0, -1.0, -1.0]])
    fixed = np.array([False, False, False, True])
    made = whole_numbers(constraints, np.array([10.0, 8.0, 7.0, 0.0]), fixed=fixed)
    assert made[0] == made[1:].sum()
    assert made[3] == 0
    assert np.abs(made - [10, 8, 7, 0]).sum() == 5


# dependence ------------------------------------------------------------------------------------
def test_scores_keep_the_order_of_the_past_and_what_is_not_known_is_independent() -> None:
    chance = np.random.default_rng(0)
    common = chance.normal(size=200)
    changes = np.column_stack([common, 3 * common + 1, chance.normal(size=200), common])
    changes[: -coherence.PAST // 2, 3] = np.nan
    scores = normal_scores(("a", "b", "c", "d"), changes)
    assert scores is not None
    np.testing.assert_allclose(scores.std(axis=0), 1, atol=0.02)
    with np.errstate(invalid="ignore"):
        r = np.corrcoef(scores.T)
    assert r[0, 1] == pytest.approx(1)
    assert abs(r[0, 2]) < 0.3
    assert 0.2 < r[0, 3] < 0.8
    assert normal_scores(("a",), changes[: coherence.MIN_PAST - 1, :1]) is None
    again = normal_scores(("d", "a"), changes[:, [3, 0]])
    assert again is not None
    np.testing.assert_array_equal(again, scores[:, [3, 0]])


# the table -------------------------------------------------------------------------------------
@pytest.fixture
def home() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    known = index(CROSSED)
    series = past(known)
    last: date = series["period_start"].max()  # type: ignore[assignment]
    return published(known, last), known, series


def test_the_table_adds_up_and_does_not_depend_on_the_order_of_rows(
    home: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> None:
    quantiles, known, series = home
    made = conform(coherent_forecasts(quantiles, known, series), COHERENT)
    sums = made.group_by("whole_id", "dimension", "horizon").agg(
        pl.col("value").filter(pl.col("node_kind") == "whole").sum().alias("whole"),
        pl.col("value").filter(pl.col("node_kind") != "whole").sum().alias("parts"),
    )
    assert sums.height == 6 * 3
    assert sums["whole"].equals(sums["parts"], check_names=False)
    assert made.group_by("node_id", "horizon").agg(pl.col("value").n_unique())["value"].max() == 1
    moved = made.filter(pl.col("value") != pl.col("base_value"))
    assert moved.height > 0
    shuffled = [frame.sample(fraction=1.0, shuffle=True, seed=8) for frame in home]
    assert coherent_forecasts(*shuffled).equals(coherent_forecasts(*home))


def test_a_remainder_is_no_series(home: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> None:
    made = coherent_forecasts(*home)
    names = set(home[1]["series_id"])
    rest = made.filter(pl.col("node_kind") == "remainder")
    assert rest.height == 6 * 3
    assert not set(rest["node_id"]) & names
    assert set(made.filter(pl.col("node_kind") != "remainder")["node_id"]) == names


def test_figures_after_the_origin_are_not_looked_at(
    home: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> None:
    quantiles, known, series = home
    later = series.with_columns(pl.col("period_start").dt.offset_by("40mo"), pl.col("value") * 7)
    assert coherent_forecasts(quantiles, known, pl.concat([series, later])).equals(
        coherent_forecasts(*home)
    )


def test_a_series_with_an_earlier_origin_is_used_for_the_same_months(
    home: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> None:
    """Its last figures were withheld: beyond its last month it belongs to the remainder."""
    quantiles, known, series = home
    late = known.filter((pl.col("origin_iso3") == "IRQ") & (pl.col("route") == "inland"))[
        "series_id"
    ][0]
    mine = pl.col("series_id") == late
    earlier = quantiles.with_columns(
        pl.when(mine).then(pl.col(name).dt.offset_by("-1mo")).otherwise(name).alias(name)
        for name in ("origin_date", "target_period")
    )
    made = coherent_forecasts(earlier, known, series)
    assert sorted(made.filter(pl.col("node_id") == late)["horizon"].unique()) == [1, 2]
    base = made.filter((pl.col("node_id") == late) & (pl.col("horizon") == 1))["base_value"]
    expected = quantiles.filter(mine & (pl.col("horizon") == 2) & (pl.col("quantile") == 0.5))
    assert base.unique().to_list() == expected["value"].to_list()


def test_a_remainder_not_known_lately_is_the_last_known_of_a_year_else_it_says_nothing(
    home: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> None:
    quantiles, known, series = home
    part = known.filter((pl.col("origin_iso3") == "AFG") & (pl.col("route") == "airport"))
    mine = pl.col("series_id") == part["series_id"][0]
    days = series["period_start"].unique().sort()

    wide = series.pivot(on="series_id", index="period_start", values="value").sort("period_start")

    def remainders(since: date) -> pl.DataFrame:
        gone = mine & (pl.col("period_start") >= since)
        holes = series.with_columns(pl.when(~gone).then("value").alias("value"))
        made = coherent_forecasts(quantiles, known, holes)
        wholes = made.filter(pl.col("node_id") == part["series_id"][0])["whole_id"].unique()
        rest = (pl.col("node_kind") == "remainder") & pl.col("whole_id").is_in(wholes.implode())
        return made.filter(rest & (pl.col("horizon") == 1))

    lately = remainders(days[-3])
    assert lately.height == 2
    for whole, dimension, base in lately.select("whole_id", "dimension", "base_value").iter_rows():
        (split,) = [s for s in splits(known) if (s.whole, s.dimension) == (whole, dimension)]
        rest = wide[whole] - wide.select(pl.sum_horizontal(split.parts)).to_series()
        assert abs(base - rest.clip(0)[-4]) < 1  # in the last three months it is not known
    assert remainders(days[-13]).is_empty()  # more than a year ago: it would move every part
    assert remainders(days[0]).is_empty()
    nothing = series.with_columns(pl.lit(None, dtype=pl.Int64).alias("value"))
    assert coherent_forecasts(quantiles, known, nothing).is_empty()


def test_without_hierarchies_there_is_nothing() -> None:
    known = index(TOTAL)
    series = past(known)
    last: date = series["period_start"].max()  # type: ignore[assignment]
    made = coherent_forecasts(published(known, last), known, series)
    assert made.is_empty()
    assert made.schema == polars_schema(COHERENT)


def test_every_dimension_that_breaks_down_is_looked_at() -> None:
    broken = set(WHOLE) | {"source_id", "indicator", "frequency"}
    assert tuple(WHOLE) == DIMENSIONS
    shared = set(SERIES.column_names) & set(SERIES_INDEX.column_names)
    assert broken == shared - {"series_id", "unit", "as_of_date"}
