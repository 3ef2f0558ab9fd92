"""UNHCR's half-years: the whole year out of January to June, learnt from earlier releases.

From October to June the newest year of a release holds its first half only; the June release after
it holds the whole. How wholes stood to halves is learnt from such pairs of real releases, for
corridors and for totals of countries of asylum, by size of the half, all countries pooled. There
are few pairs (one a year), so a year's common movement is hardly known: it is in the spread only as
far as those years differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import conform, empty, polars_schema
from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import UsageError
from fcm_migration.forecast.nowcast.scoring import (
    choose,
    describe_releases,
    mean_scores,
    scored,
    summarise,
)
from fcm_migration.forecast.nowcast.tables import NOWCAST_SCORES
from fcm_migration.forecast.scores import MEDIAN, QUANTILE_LEVELS

SIMPLE = "twice_half"
CANDIDATES = ("learnt_ratio", SIMPLE)
COMPARED = (*CANDIDATES, "last_year_total")
CORRIDOR, TOTAL = "corridor", "destination_total"
STAGE = {CORRIDOR: "corridors", TOTAL: "totals"}
# Smallest half-year of each size band: above, wholes stand to halves in another way.
BANDS = {CORRIDOR: (1, 21, 101, 1001), TOTAL: (1, 10001)}
# Whole years come in June: a release from this day on no longer holds a half.
WHOLE_FROM = (6, 11)
OFFSET = 5  # persons; UNHCR rounds small counts to 5
CARRIED_OVER = 5  # corridors; so many that all stay as they were were not counted again
NEW_TYPES = ("N", "V", "NR", "NA")
FEWEST_CASES = 100  # of the five, before they decide alone
FEWEST_YEARS = 2  # scored years before anything but the simple rule is published
PROBABILITIES = (0.01, 0.025, *(round(0.05 * n, 2) for n in range(1, 20)), 0.975, 0.99)

RATIOS = Table(
    "meta",
    "unhcr_half_year_ratios",
    "How whole years stood to their half-years in UNHCR's releases.",
    "year, scope, size band and probability",
    (
        Column("figures_year", "integer", "The year counted.", minimum=2000, maximum=2100),
        Column(
            "scope",
            "string",
            "corridor: one origin into one country of asylum; destination_total: all origins.",
            allowed=(CORRIDOR, TOTAL),
        ),
        Column("half_from", "integer", "Smallest half-year of the band.", "persons", minimum=1),
        Column("probability", "number", "Probability level.", minimum=0, maximum=1),
        Column("pairs", "integer", "Corridors or countries learnt from.", "pairs", minimum=1),
        Column("log_ratio", "number", f"Quantile of log((whole + {OFFSET}) / (half + {OFFSET}))."),
        Column("half_release_date", "date", "Release that held January to June."),
        Column("whole_release_date", "date", "First release that held the whole year."),
    ),
    ("figures_year", "scope", "half_from", "probability"),
)
SCORE_SCHEMA = polars_schema(NOWCAST_SCORES)


@dataclass(frozen=True)
class Pair:
    """A year seen twice: ``frame`` has destination, origin, scope, half, whole, year_before.

    ``year_before`` is the whole of the year before as the half's release held it, null if none.
    """

    year: int
    half_release: date
    whole_release: date
    frame: pl.DataFrame


def half_year_pairs(releases: Sequence[tuple[date, pl.DataFrame]]) -> list[Pair]:
    """Find years of which one release holds the half and a later one the whole.

    Args:
        releases: day and rows of ``core.unhcr_asylum_applications``, oldest first. Of several
            releases of a half the last counts, of the whole the first.
    """
    found = []
    halves = {}
    for day, frame in releases:
        newest = frame.get_column("year").max()
        if isinstance(newest, int) and day < date(newest + 1, *WHOLE_FROM):
            halves[newest] = (day, frame)
    for year, (day, frame) in sorted(halves.items()):
        later = [item for item in releases if item[0] >= date(year + 1, *WHOLE_FROM)]
        if later:
            pair = _paired(frame, later[0][1], year)
            found.append(Pair(year, day, later[0][0], pair))
    return found


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
    """Persons newly applying in a year, by corridor and in total of each country of asylum.

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
    """Quantiles of log ratios by year, scope and size band: rows of :data:`RATIOS`."""
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
                        # six decimals: a ratio is not known better, and the file stays readable
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
    """Smallest half of the row's size band."""
    found = pl.lit(None, dtype=pl.Int64)
    for scope, floors in BANDS.items():
        for floor in floors:
            here = (pl.col("scope") == scope) & (pl.col("half") >= floor)
            found = pl.when(here).then(pl.lit(floor, dtype=pl.Int64)).otherwise(found)
    return found


def spread(ratios: pl.DataFrame, scope: str, band: int) -> Floats:
    """Log ratios at QUANTILE_LEVELS of one size band, each year of the same weight.

    Raises:
        UsageError: nothing was learnt of that band.
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
    """Quantiles of whole years at QUANTILE_LEVELS, by method; rows in the frame's order.

    Args:
        frame: scope, half (at least 1) and year_before (null where there is none).
        ratios: rows of :data:`RATIOS` of earlier years.
    """
    banded = frame.with_columns(_band().alias("half_from"))
    known = banded.select("scope", "half_from").unique().sort("scope", "half_from")
    by_band = {(scope, band): spread(ratios, scope, band) for scope, band in known.iter_rows()}
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
    """Judge each year by what the years before it taught.

    Args:
        pairs: as :func:`half_year_pairs` finds them; the first only teaches.
        five: UNHCR's codes of the destinations that are also scored apart.

    Returns:
        stage, nowcast_method, target_period and the measures of :func:`scoring.scored`.
    """
    parts = []
    for number, pair in enumerate(pairs):
        if number == 0:
            continue
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


def score_rows(
    pairs: Sequence[Pair], five: Sequence[str], *, task: str, indicator: str, unit: str
) -> pl.DataFrame:
    """Rows of ``forecast.nowcast_scores``; without rows where fewer than two years are known.

    The method published is chosen, for corridors and for totals, on the five where they are
    FEWEST_CASES, else on the world.
    """
    cases = scored_cases(pairs, five)
    if cases.is_empty():
        return empty(NOWCAST_SCORES)
    days = sorted({day for pair in pairs for day in (pair.half_release, pair.whole_release)})
    said = {
        "nowcast_task": task,
        "indicator": indicator,
        "unit": unit,
        "vintage_basis": "real releases",
        "vintages": f"UNHCR: {describe_releases(days)}",
    }
    named = cases.with_columns(pl.lit(text).alias(name) for name, text in said.items())
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
    """The method of a stage's scope, whether the stage is of the world or of the five."""
    scope = stage.partition(" of the ")[0]
    ours = cases.filter(pl.col("stage") == f"{scope} of the five")
    world = cases.filter(pl.col("stage") == f"{scope} of the world")
    targets = ours if ours.height >= FEWEST_CASES * len(COMPARED) else world
    if targets.get_column("target_period").n_unique() < FEWEST_YEARS:
        return SIMPLE
    return choose(mean_scores(targets), CANDIDATES, SIMPLE)


def published_method(scores: pl.DataFrame, scope: str) -> str:
    """The method to publish for corridors or totals; the simple rule where nothing was scored."""
    stage = f"half-year, {STAGE[scope]} of the five"
    here = scores.filter((pl.col("stage") == stage) & pl.col("is_published"))
    return str(here.item(0, "nowcast_method")) if here.height else SIMPLE
