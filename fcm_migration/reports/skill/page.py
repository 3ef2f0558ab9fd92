"""The page docs/forecast_skill.md, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from fcm_migration.periods import period_name
from fcm_migration.reports.skill.benchmark import Record, rivals
from fcm_migration.reports.skill.facts import CEILING, JUDGED, NEAR, ROLLED, Facts
from fcm_migration.reports.skill.failures import failures
from fcm_migration.reports.skill.markdown import (
    NONE,
    PERIODS,
    covered,
    percent,
    picture_name,
    plain,
    ratio,
    span,
    table,
)

MUCH = 0.10  # of the medians: adding up then says more than the forecasts
DECISIONS = ("forecasts", "nowcasts", "coherence", "scenarios", "drivers")
READING = (
    "A forecast here is seven quantiles. The weighted interval score (WIS) of its 50, 80 and 95 % "
    "intervals and its median is a loss in the unit of the series: small is good, narrow intervals "
    "that hold are best. The bar is *calibrated naive*: the last value, with intervals from the "
    "past errors of the whole pool. Relative WIS is the mean WIS divided by that of calibrated "
    "naive on the same series and origins, averaged over series as a geometric mean: 0.90 is ten "
    "per cent better, above 1.00 is worse. MAE is the mean absolute error of the median and tail "
    "the quantile loss at 0.9 and 0.975 (were surges foreseen?), both relative to naive alike. "
    "Coverage is the share of what came that lay inside the interval: 80 of 100 inside the 80 % "
    "interval is right, fewer is overconfident, more is too wide. A pool is one source's series of "
    "one indicator; sparse and too short series are published as naive and not scored here. "
    "`published` is what would have been published at each past origin by today's rules; the past "
    "is today's release, not the release of each origin, so later revisions flatter every method. "
    "Shock targets lie inside a window, or beyond a split, that `meta.breaks` declares; calm are "
    "the others."
)


def skill_page(facts: Facts, record: Record | None, pictures: str) -> str:
    """The whole page; ``pictures`` is the folder of the pictures as seen from it."""
    edition = facts.edition
    lines = [
        "# How good the forecasts are, against whom, and where they fail",
        "",
        f"Written by `fcm skill` from the published edition `{edition.edition_id}` of "
        f"{plain(edition.published_at.date())}; do not edit by hand. The figures are those of "
        "`forecast.pool_scores`, `forecast.origin_scores`, `forecast.scores` and "
        "`forecast.models`.",
        "",
        "## How to read it",
        "",
        READING,
        "",
        *_by_pool(facts, pictures),
        "## Where it fails",
        "",
        *failures(facts),
        "## What is published where",
        "",
        *_chosen(facts),
        "## Against other engines",
        "",
        *rivals(record),
        "## Nowcasts",
        "",
        *_nowcasts(facts),
        "## Adding up",
        "",
        *_coherent(facts),
        "## Drivers",
        "",
        *_drivers(facts),
        "## Why it is so",
        "",
        *(f"* [docs/decisions/{name}.md](decisions/{name}.md)" for name in DECISIONS),
    ]
    return "\n".join(lines) + "\n"


def _by_pool(facts: Facts, pictures: str) -> Iterator[str]:
    yield "## By pool and period ahead"
    yield ""
    yield (
        "Scores of `published`, with those of `seasonal_naive` (the value a year before) and "
        "`blend` (the average of two smoothings and two pooled regressions, everywhere) beside "
        "it. Three figures in a cell are relative WIS, MAE and tail, or coverage of the 50, 80 and "
        "95 % intervals in per cent. "
        f"The lower half of a picture goes by origin: 1 to {NEAR} periods ahead, each point the "
        f"mean of an origin and the {ROLLED - 1} before, grey where a target lies in a declared "
        f"shock window; relative WIS above {CEILING:.2f} is drawn at the edge."
    )
    yield ""
    for pool in facts.main:
        about = facts.pools.row(by_predicate=pl.col("pool") == pool, named=True)
        yield f"### `{pool}`"
        yield ""
        yield (
            f"{about['publisher']}, as of {about['as_of_date']}; {about['unit']}; "
            f"{about['judged']} of {about['series']} series dense or short."
        )
        yield ""
        words = f"{_horizon_words(facts, pool)} {_origin_words(facts, pool)}"
        yield f"![{words}]({pictures}/{picture_name(pool)})"
        yield ""
        yield from table(
            (f"{PERIODS[about['frequency']]} ahead", *HEADS, *BESIDE.values()),
            _rows(facts, pool, tuple(BESIDE)),
        )
        yield from _windows(facts, [pool], with_pool=False)
    if facts.annual:
        yield from _annual(facts)


HEADS = ("series", "targets", "origins", "published: WIS MAE tail", "coverage 50 80 95 %")
BESIDE = {name: f"{name.replace('_', ' ')}: WIS MAE tail" for name in JUDGED[1:]}


def _annual(facts: Facts) -> Iterator[str]:
    """All annual pools in one table: a season of one year is naive itself, so it is left out."""
    about = facts.pools.filter(pl.col("pool").is_in(facts.annual))
    said = about.select("publisher", "as_of_date").unique().sort("publisher", "as_of_date")
    yield "### Annual pools"
    yield ""
    yield "; ".join(f"{who}, as of {day}" for who, day in said.iter_rows()) + "."
    yield ""
    units = dict(about.select("pool", "unit").iter_rows())
    yield from table(
        ("pool", "unit", "years ahead", *HEADS, BESIDE["blend"]),
        (
            (f"`{pool}`", units[pool], *row)
            for pool in facts.annual
            for row in _rows(facts, pool, ("blend",))
        ),
    )
    yield from _windows(facts, facts.annual, with_pool=True)


def _rows(facts: Facts, pool: str, beside: Sequence[str]) -> Iterator[tuple[object, ...]]:
    frequency = facts.frequency(pool)
    whole = facts.horizons.filter(pool=pool, window="all")
    for horizon in whole.get_column("horizon").unique().sort():
        at = whole.filter(horizon=horizon)
        by = {row["scored_model"]: row for row in at.iter_rows(named=True)}
        if "published" not in by:
            continue
        own = by["published"]
        origins = span(own["first_origin"], own["last_origin"], frequency)
        yield (
            horizon, own["series"], own["targets"], origins, _three(own), covered(own),
            *(_three(by[name]) if name in by else NONE for name in beside),
        )  # fmt: skip


def _three(row: Mapping[str, Any]) -> str:
    names = ("relative_wis_mean", "relative_mae_mean", "relative_tail_mean")
    return " ".join(ratio(row[name]) for name in names)


def _windows(facts: Facts, pools: list[str], *, with_pool: bool) -> Iterator[str]:
    """Calm beside shock targets, where there are any of the latter."""
    own = facts.horizons.filter(pl.col("pool").is_in(pools), scored_model="published")
    shocks = own.filter(window="shock").sort("pool", "horizon")
    if shocks.is_empty():
        yield "No target lies in a declared shock window."
        yield ""
        return
    rows: list[tuple[object, ...]] = []
    for shock in shocks.iter_rows(named=True):
        calm = own.filter(pool=shock["pool"], horizon=shock["horizon"], window="calm")
        first: tuple[object, ...] = (f"`{shock['pool']}`",) if with_pool else ()
        cells = (
            cell
            for row in (*calm.iter_rows(named=True), shock)
            for cell in (row["targets"], ratio(row["relative_wis_mean"]), covered(row))
        )
        without: tuple[object, ...] = (0, NONE, NONE) if calm.is_empty() else ()
        rows.append((*first, shock["horizon"], *without, *cells))
    head = PERIODS[facts.frequency(pools[0])]
    heads = (
        *(("pool",) if with_pool else ()), f"{head} ahead",
        "calm targets", "WIS", "coverage 50 80 95 %", "shock targets", "WIS", "coverage 50 80 95 %",
    )  # fmt: skip
    yield from table(heads, rows)


def _horizon_words(facts: Facts, pool: str) -> str:
    """The picture of a pool in words: the first, middle and last horizon."""
    own = facts.horizons.filter(pool=pool, window="all", scored_model="published").sort("horizon")
    if own.is_empty():
        return f"{pool}: nothing scored."
    shown = own[sorted({0, (own.height - 1) // 2, own.height - 1})]
    unit = PERIODS[facts.frequency(pool)]
    said = "; ".join(
        f"{row['horizon']} ahead {ratio(row['relative_wis_mean'])} of naive's WIS, "
        f"{percent(row['coverage_80'])} % inside the 80 % interval"
        for row in shown.iter_rows(named=True)
    )
    return f"Relative WIS and coverage by {unit} ahead, {pool}, published: {said}."


def _origin_words(facts: Facts, pool: str) -> str:
    """The lower half of a picture in words: best, worst and newest rolling mean."""
    own = facts.origins.filter(pool=pool).sort("origin_date")
    if own.is_empty():
        return f"Fewer than {ROLLED} origins to take means over."
    low, high = (own.sort("relative_wis", "origin_date").row(at, named=True) for at in (0, -1))
    last = own.row(-1, named=True)
    when = facts.frequency(pool)
    return (
        f"By origin (1 to {NEAR} ahead, mean of {ROLLED} origins): best "
        f"{ratio(low['relative_wis'])} up to {period_name(low['origin_date'], when)}, worst "
        f"{ratio(high['relative_wis'])} up to {period_name(high['origin_date'], when)}, newest "
        f"{ratio(last['relative_wis'])} with {percent(last['coverage_80'])} % inside the 80 % "
        f"interval, up to {period_name(last['origin_date'], when)}."
    )


def _chosen(facts: Facts) -> Iterator[str]:
    counted = facts.chosen
    whole = counted.get_column("series").sum()
    naive = counted.filter(model="naive").get_column("series").sum()
    yield (
        "Calibrated naive is published, and named as such, where it has been the better one (by "
        "3 % where the blend comes first, elsewhere unless another was better by 10 %): in "
        f"{naive} of {whole} stretches of series (`forecast.models` gives the reason of each; "
        "sparse and too short series are always naive). Fits that failed and were replaced by "
        f"naive, over all origins: {facts.fallbacks}."
    )
    yield ""
    rows: list[tuple[object, ...]] = []
    for (pool, first, last), part in counted.group_by(
        "pool", "horizon_from", "horizon_to", maintain_order=True
    ):
        others = part.filter(pl.col("model") != "naive")
        rows.append(
            (
                f"`{pool}`", f"{first} to {last}", part.get_column("series").sum(),
                part.filter(model="naive").get_column("series").sum(),
                ", ".join(f"{n} {m}" for m, n in others.select("model", "series").iter_rows())
                or NONE,
            )
        )  # fmt: skip
    yield from table(("pool", "periods ahead", "series", "naive", "others"), rows)


def _nowcasts(facts: Facts) -> Iterator[str]:
    if facts.nowcasts.is_empty():
        yield "This edition has no scored nowcasts."
        yield ""
        return
    yield (
        "Totals of periods begun or half reported (`forecast.nowcast_scores`). Scored is the "
        "method that would have been chosen then. Relative WIS is to the simple rule of the task "
        "(counted so far at its own pace; twice the half-year), calibrated alike."
    )
    yield ""
    rows = (
        (
            row["nowcast_task"], row["indicator"], row["stage"], row["nowcast_method"],
            row["vintage_basis"], row["cases"], ratio(row["relative_wis"]), covered(row),
        )
        for row in facts.nowcasts.iter_rows(named=True)
    )  # fmt: skip
    heads = ("task", "indicator", "known", "method", "past", "cases", "WIS", "coverage 50 80 95 %")
    yield from table(heads, rows)


def _coherent(facts: Facts) -> Iterator[str]:
    if facts.coherent.is_empty():
        yield "This edition has no coherent forecasts."
        yield ""
        return
    yield (
        "Point forecasts that add up from parts to totals (`forecast.coherent`). Widest gap: "
        "whole less its parts and remainder, in the unit of the series. Moved: what adding up "
        "changed of the published medians, as a share of their sum."
    )
    yield ""
    rows = (
        (f"`{row['hierarchy']}`", row["sums"], row["series"], row["widest_gap"],
         f"{100 * row['moved']:.1f} %" if row["moved"] is not None else NONE)
        for row in facts.coherent.iter_rows(named=True)
    )  # fmt: skip
    yield from table(("hierarchy", "sums", "series", "widest gap", "moved"), rows)
    torn = facts.coherent.filter(pl.col("moved") > MUCH).get_column("hierarchy").to_list()
    if torn:
        yield (
            f"More than {100 * MUCH:.0f} % was moved in {', '.join(f'`{name}`' for name in torn)}: "
            "there the parts and the whole were forecast far apart; prefer the forecasts of each "
            "series alone."
        )
        yield ""


def _drivers(facts: Facts) -> Iterator[str]:
    if facts.drivers.is_empty():
        yield "This edition has tried no drivers."
        yield ""
        return
    tried = facts.drivers.drop_nulls("relative_wis")
    used = facts.drivers.filter("has_skill").height
    yield (
        "Upstream figures tried as leading indicators (`forecast.drivers`, all origins judged): "
        f"{tried.height} driver, pool and horizon could be judged, "
        f"{facts.drivers.height - tried.height} could not, {used} earned a place. Relative "
        "WIS is that of the forecast with the driver to the same without, with its 90 % interval; "
        "the published forecasts use none."
    )
    yield ""
    rows = (
        (
            row["driver"], f"`{row['pool']}`", row["horizon"], row["series"], row["origins"],
            f"{row['relative_wis']:.3f}"
            + (
                f" ({row['relative_wis_lower']:.3f}-{row['relative_wis_upper']:.3f})"
                if row["relative_wis_lower"] is not None else ""
            ),
            "yes" if row["has_skill"] else "no",
        )
        for row in tried.iter_rows(named=True)
    )  # fmt: skip
    yield from table(
        ("driver", "pool", "ahead", "series", "origins", "WIS", "earned a place"), rows
    )
