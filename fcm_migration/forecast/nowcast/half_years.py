"""Ratios of UNHCR's whole years to their half-years, and nowcasts of years made with them.

From October to June the newest year of a release holds its first half only; the June release after
it holds the whole year. Ratios are learnt from such pairs of real releases, for corridors and for
totals of countries of asylum, by size of the half, all countries pooled. There is one pair a year,
so what a year's countries have in common is in the spread only as far as those few years differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import conform, empty, polars_schema
from fcm_migration.errors import UsageError
from fcm_migration.forecast.nowcast.scoring import (
    choose,
    describe_releases,
    mean_scores,
    scored,
    summarise,
)
from fcm_migration.forecast.nowcast.tables import (
    CORRIDOR,
    HALF_TASK,
    NOWCAST_SCORES,
    OFFSET,
    RATIOS,
    TOTAL,
)
from fcm_migration.forecast.scores import MEDIAN, QUANTILE_LEVELS

INDICATOR = "asylum_applications_new"
UNIT = "persons"
# UNHCR's codes of the five countries: AUL is Australia, AUS is Austria
FIVE = ("AUL", "CAN", "GBR", "NZL", "USA")
SIMPLE = "twice_half"
CANDIDATES = ("learnt_ratio", SIMPLE)
COMPARED = (*CANDIDATES, "last_year_total")
STAGE = {CORRIDOR: "corridors", TOTAL: "totals"}
# smallest half-year of each size band: ratios differ by size
BANDS = {CORRIDOR: (1, 21, 101, 1001), TOTAL: (1, 10001)}
# a country with at least this many corridors, none of which changed, was carried over unrevised
CARRIED_OVER = 5
NEW_TYPES = ("N", "V", "NR", "NA")
FEWEST_CASES = 100  # cases of the five needed to choose the method by them alone
FEWEST_YEARS = 2  # scored years needed to publish anything but the simple rule
PROBABILITIES = (0.01, 0.025, *(round(0.05 * n, 2) for n in range(1, 20)), 0.975, 0.99)

SCORE_SCHEMA = polars_schema(NOWCAST_SCORES)


@dataclass(frozen=True)
class Pair:
    """A year seen in two releases.

    Attributes:
        year: the year.
        half_release: day of the release that held its first half.
        whole_release: day of the first release that held the whole year.
        frame: destination, origin, scope, half, whole and year_before (the total of the year
            before as the first release held it, null if it held none).
    """

    year: int
    half_release: date
    whole_release: date
    frame: pl.DataFrame


def half_year_pairs(releases: Sequence[tuple[date, pl.DataFrame]]) -> list[Pair]:
    """Return the years of which one release holds the first half and a later one the whole.

    Args:
        releases: day and rows of ``core.unhcr_asylum_applications``, oldest first. Of several
            with the half-year the last is used, of those with the whole year the first.
    """
    found = []
    halves = {y: (day, frame) for day, frame in releases for y in half_years_of(frame)}
    for year, (day, frame) in sorted(halves.items()):
        later = [item for item in releases if item[0] > day and _holds_whole(item[1], year)]
        if later:
            pair = _paired(frame, later[0][1], year)
            found.append(Pair(year, day, later[0][0], pair))
    return found


def half_years_of(frame: pl.DataFrame) -> list[int]:
    """Return the years of which a release holds the first half."""
    return frame.filter("is_partial").get_column("year").unique().sort().to_list()


def _holds_whole(frame: pl.DataFrame, year: int) -> bool:
    marks = frame.filter(pl.col("year") == year).get_column("is_partial")
    return not marks.is_empty() and not marks.any()


def _paired(early: pl.DataFrame, late: pl.DataFrame, year: int) -> pl.DataFrame:
    keys = ["destination", "origin", "scope"]
    half = sums(early, year).rename({"value": "half"})
    whole = sums(late, year).rename({"value": "whole"})
    before = sums(early, year - 1).rename({"value": "year_before"})
    both = half.filter(pl.col("half") > 0).join(whole, on=keys)
    corridors = both.filter(pl.col("scope") == CORRIDOR).group_by("destination")
    same = (pl.col("whole") == pl.col("half")).all() & (pl.len() >= CARRIED_OVER)
    copied = corridors.agg(same.alias("same")).filter("same")
    return (
        both.join(copied, on="destination", how="anti").join(before, on=keys, how="left").sort(keys)
    )


def sums(frame: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return persons newly applying in a year, by corridor and by country of asylum in total.

    Returns:
        destination and origin (UNHCR's codes; origin ``total``), scope, value.
    """
    persons = pl.col("persons_or_cases") == "P"
    new = pl.col("application_type").is_in(NEW_TYPES)
    rows = frame.filter((pl.col("year") == year) & persons & new).rename(
        {"asylum_unhcr_code": "destination", "origin_unhcr_code": "origin"}
    )
    parts = [
        rows.with_columns(pl.lit(scope).alias("scope"), origin.alias("origin"))
        .group_by("destination", "origin", "scope")
        .agg(pl.col("applications").sum().alias("value"))
        for scope, origin in ((CORRIDOR, pl.col("origin")), (TOTAL, pl.lit("total")))
    ]
    return pl.concat(parts)


def learn(pairs: Sequence[Pair]) -> pl.DataFrame:
    """Return quantiles of log ratios by year, scope and size band: rows of :data:`RATIOS`."""
    parts = [empty(RATIOS)]
    for pair in pairs:
        for scope, band, rows in _bands(pair.frame):
            ratio = np.log((rows["whole"].to_numpy() + OFFSET) / (rows["half"].to_numpy() + OFFSET))
            parts.append(
                pl.DataFrame(
                    {
                        "figures_year": pair.year,
                        "scope": scope,
                        "half_from": band,
                        "probability": PROBABILITIES,
                        "pairs": len(ratio),
                        # six decimals are more than is known, and keep the file readable
                        "log_ratio": np.round(np.quantile(ratio, PROBABILITIES), 6),
                        "half_release_date": pair.half_release,
                        "whole_release_date": pair.whole_release,
                    },
                    schema=empty(RATIOS).schema,
                )
            )
    return conform(pl.concat(parts), RATIOS)


def _bands(frame: pl.DataFrame) -> list[tuple[str, int, pl.DataFrame]]:
    banded = frame.with_columns(_band().alias("half_from"))
    return [
        (str(scope), int(str(band)), rows)
        for (scope, band), rows in banded.group_by("scope", "half_from", maintain_order=True)
    ]


def _band() -> pl.Expr:
    """Return the smallest half-year of the row's size band."""
    found = pl.lit(None, dtype=pl.Int64)
    for scope, floors in BANDS.items():
        for floor in floors:
            here = (pl.col("scope") == scope) & (pl.col("half") >= floor)
            found = pl.when(here).then(pl.lit(floor, dtype=pl.Int64)).otherwise(found)
    return found


def log_ratio_quantiles(ratios: pl.DataFrame, scope: str, band: int) -> Floats:
    """Return the log ratios of one size band at QUANTILE_LEVELS, every year with equal weight.

    Raises:
        UsageError: there are no ratios for that band.
    """
    rows = ratios.filter((pl.col("scope") == scope) & (pl.col("half_from") == band))
    if rows.is_empty():
        raise UsageError("no half-years to learn from", where=f"{scope} from {band} persons")
    even = (np.arange(500) + 0.5) / 500
    points = [
        np.interp(even, year["probability"].to_numpy(), year["log_ratio"].to_numpy())
        for _, year in rows.sort("probability").group_by("figures_year", maintain_order=True)
    ]
    mixed: Floats = np.quantile(np.concatenate(points), QUANTILE_LEVELS)
    return mixed


def nowcast_years(frame: pl.DataFrame, ratios: pl.DataFrame) -> dict[str, Floats]:
    """Return quantiles of whole years by method: rows of the frame x QUANTILE_LEVELS.

    Args:
        frame: scope, half (at least 1) and year_before (null where there is none).
        ratios: rows of :data:`RATIOS` of earlier years.
    """
    banded = frame.with_columns(_band().alias("half_from"))
    known = banded.select("scope", "half_from").unique().sort("scope", "half_from")
    by_band = {band: log_ratio_quantiles(ratios, *band) for band in known.iter_rows()}
    rows = banded.select("scope", "half_from").iter_rows()
    logs = np.array([by_band[row] for row in rows]).reshape(-1, len(QUANTILE_LEVELS))
    half = frame.get_column("half").to_numpy().astype(np.float64)[:, None]
    before = frame.get_column("year_before").cast(pl.Float64).to_numpy()[:, None]
    around = np.exp(logs - logs[:, [MEDIAN]])
    last = np.where(np.isnan(before), 2 * half, before)
    made = {
        "learnt_ratio": (half + OFFSET) * np.exp(logs) - OFFSET,
        SIMPLE: (2 * half + OFFSET) * around - OFFSET,
        "last_year_total": (last + OFFSET) * around - OFFSET,
    }
    return {name: np.maximum(np.round(levels), 0.0) for name, levels in made.items()}


def scored_cases(pairs: Sequence[Pair], five: Sequence[str]) -> pl.DataFrame:
    """Return scored nowcasts of each year, made with the ratios of the years before it.

    Args:
        pairs: what :func:`half_year_pairs` returns; the first year is not scored.
        five: UNHCR's codes of the destinations that are also scored separately.

    Returns:
        stage, nowcast_method, target_period and the measures of :func:`scoring.scored`.
    """
    parts = []
    for number, pair in enumerate(pairs[1:], start=1):
        ratios = learn(pairs[:number])
        observed = pair.frame.get_column("whole").to_numpy().astype(np.float64)
        stage = pl.col("scope").replace_strict(STAGE)
        for method, levels in nowcast_years(pair.frame, ratios).items():
            rows = pair.frame.select(
                "destination",
                pl.format("half-year, {} of the world", stage).alias("stage"),
                pl.lit(method).alias("nowcast_method"),
                pl.lit(date(pair.year, 1, 1)).alias("target_period"),
            )
            parts.append(scored(rows, observed, levels))
    if not parts:
        return pl.DataFrame()
    world = pl.concat(parts)
    ours = world.filter(pl.col("destination").is_in(five)).with_columns(
        pl.col("stage").str.replace("of the world", "of the five")
    )
    return pl.concat([world, ours]).drop("destination")


def score_rows(pairs: Sequence[Pair], five: Sequence[str] = FIVE) -> pl.DataFrame:
    """Return rows of ``forecast.nowcast_scores``; none where fewer than two years are known.

    The method published for corridors, and that for totals, is chosen on the five countries where
    these have FEWEST_CASES, otherwise on the world.
    """
    cases = scored_cases(pairs, five)
    if cases.is_empty():
        return empty(NOWCAST_SCORES)
    days = sorted({day for pair in pairs for day in (pair.half_release, pair.whole_release)})
    identity = {
        "nowcast_task": HALF_TASK,
        "indicator": INDICATOR,
        "unit": UNIT,
        "vintage_basis": "real releases",
        "vintages": f"UNHCR: {describe_releases(days)}",
    }
    named = cases.with_columns(pl.lit(text).alias(name) for name, text in identity.items())
    chosen = pl.col("stage").replace_strict(
        {stage: _chosen(cases, stage) for stage in cases.get_column("stage").unique()}
    )
    rounded = [pl.col(name).round(6) for name, kind in SCORE_SCHEMA.items() if kind == pl.Float64]
    return conform(
        summarise(named, SIMPLE).with_columns(
            *rounded, (pl.col("nowcast_method") == chosen).alias("is_published")
        ),
        NOWCAST_SCORES,
    )


def _chosen(cases: pl.DataFrame, stage: str) -> str:
    """Return the method chosen for a stage's scope, the same for the world and the five."""
    scope = stage.partition(" of the ")[0]
    ours = cases.filter(pl.col("stage") == f"{scope} of the five")
    world = cases.filter(pl.col("stage") == f"{scope} of the world")
    targets = ours if ours.height >= FEWEST_CASES * len(COMPARED) else world
    if targets.get_column("target_period").n_unique() < FEWEST_YEARS:
        return SIMPLE
    return choose(mean_scores(targets), CANDIDATES, SIMPLE)


def published_method(scores: pl.DataFrame, scope: str) -> str:
    """Return the method published for corridors or totals; the simple rule without scores."""
    stage = f"half-year, {STAGE[scope]} of the five"
    here = scores.filter((pl.col("stage") == stage) & pl.col("is_published"))
    return str(here.item(0, "nowcast_method")) if here.height else SIMPLE
