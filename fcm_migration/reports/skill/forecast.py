"""The page docs/forecast_skill.md: its figures, section by section; templates hold the text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration.config import shipped
from fcm_migration.outfile import write_bytes, write_text
from fcm_migration.publish.query import Connection
from fcm_migration.reports.skill.advice import advice
from fcm_migration.reports.skill.benchmark import Record, baselines, read_record
from fcm_migration.reports.skill.facts import CEILING, JUDGED, NEAR, ROLLED, SHARES, Facts, gathered
from fcm_migration.reports.skill.failures import failures
from fcm_migration.reports.skill.figures import picture_name
from fcm_migration.reports.skill.rendering import render

RECORD = shipped("records") / "forecast.json"
MUCH = 0.10  # of the medians: adding up then says more than the forecasts
DECISIONS = ("forecasts", "nowcasts", "coherence", "scenarios", "drivers")

Section = dict[str, Any]


def write_skill(
    published: Path, page: Path, pictures: Path | None = None, record: Path = RECORD
) -> list[Path]:
    """Write the page and its pictures; return what was written.

    Args:
        published: the published file.
        page: Markdown file to write.
        pictures: folder of the pictures; by default ``pictures`` beside the page.
        record: figures written by ``python -m benchmarks.forecast --out``; may be absent.

    Raises:
        EditionError: nothing is published.
        UsageError: the edition has no scores, or the record is not the benchmark's.
    """
    from fcm_migration.reports.skill.pictures import skill_pictures

    with Connection(published) as connection:
        facts = gathered(connection)
    drawn = skill_pictures(facts)
    folder = pictures or page.parent / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, png in drawn.items():
        write_bytes(folder / name, png)
    there = Path(os.path.relpath(folder, page.parent)).as_posix()
    write_text(page, skill_page(facts, read_record(record), there))
    return [page, *(folder / name for name in drawn)]


def skill_page(facts: Facts, record: Record | None, pictures: str) -> str:
    """Return the page; ``pictures`` is the folder of the pictures as seen from it."""
    return render(
        "forecast_skill.md.j2",
        edition=facts.edition,
        pictures=pictures,
        ceiling=CEILING,
        near=NEAR,
        rolled=ROLLED,
        compared=JUDGED[1:],
        advice=advice(facts),
        pools=[_pool(facts, pool) for pool in facts.main],
        annual=_annual(facts),
        unfitted=_unfitted(facts),
        failures=failures(facts),
        chosen=_chosen(facts),
        record=baselines(record),
        nowcasts=facts.nowcasts.rows(named=True),
        coherent=_coherent(facts),
        drivers=_drivers(facts),
        decisions=DECISIONS,
    )


def _pool(facts: Facts, pool: str) -> Section:
    """Return scores of a pool by period ahead, and the figures its picture shows."""
    about = facts.pools.row(by_predicate=pl.col("pool") == pool, named=True)
    own = facts.horizons.filter(pool=pool, window="all", scored_model="published").sort("horizon")
    shown = own[sorted({0, (own.height - 1) // 2, own.height - 1})] if own.height else own
    rolled = facts.origins.filter(pool=pool).sort("origin_date")
    by_score = rolled.sort("relative_wis", "origin_date").rows(named=True)
    return {
        **about,
        "picture": picture_name(pool),
        "shown": shown.rows(named=True),
        "by_origin": {
            "best": by_score[0],
            "worst": by_score[-1],
            "newest": rolled.row(-1, named=True),
        }
        if by_score
        else None,
        "scores": _scores(facts, pool),
        "windows": _windows(facts, [pool]),
    }


def _annual(facts: Facts) -> Section | None:
    """Return all annual pools together; their seasonal naive is naive itself and left out."""
    if not facts.annual:
        return None
    about = facts.pools.filter(pl.col("pool").is_in(facts.annual))
    said = about.select("publisher", "as_of_date").unique().sort("publisher", "as_of_date")
    units = dict(about.select("pool", "unit").iter_rows())
    return {
        "publishers": said.rows(named=True),
        "scores": [
            {"pool": pool, "unit": units[pool], **row}
            for pool in facts.annual
            for row in _scores(facts, pool)
        ],
        "windows": _windows(facts, facts.annual),
        "frequency": facts.frequency(facts.annual[0]),
    }


def _unfitted(facts: Facts) -> list[Section]:
    """Return the scores of too short and sparse series, by pool, class and period ahead."""
    about = {row["pool"]: row for row in facts.pools.iter_rows(named=True)}
    return [
        {**row, "unit": about[row["pool"]]["unit"], "frequency": about[row["pool"]]["frequency"]}
        for row in facts.unfitted.iter_rows(named=True)
    ]


def _scores(facts: Facts, pool: str) -> list[Section]:
    """Return the published scores by period ahead, and those of every model under ``by``."""
    whole = facts.horizons.filter(pool=pool, window="all")
    made = []
    for (horizon,), at in whole.sort("horizon").group_by("horizon", maintain_order=True):
        by = {row["scored_model"]: row for row in at.iter_rows(named=True)}
        if "published" in by:
            made.append(
                {"horizon": horizon, "own": by["published"], "by": by,
                 "frequency": facts.frequency(pool)}
            )  # fmt: skip
    return made


def _windows(facts: Facts, pools: Sequence[str]) -> list[Section]:
    """Return calm beside shock targets, where there are any of the latter."""
    own = facts.horizons.filter(pl.col("pool").is_in(pools), scored_model="published")
    calm = {
        (row["pool"], row["horizon"]): row
        for row in own.filter(window="calm").iter_rows(named=True)
    }
    return [
        {"shock": row, "calm": calm.get((row["pool"], row["horizon"]))}
        for row in own.filter(window="shock").sort("pool", "horizon").iter_rows(named=True)
    ]


def _chosen(facts: Facts) -> Section:
    """Return the composition of the published forecasts, by pool, nearest and furthest period."""
    counted = facts.chosen
    rows = counted.filter(
        (pl.col("horizon") == pl.col("horizon").min().over("pool"))
        | (pl.col("horizon") == pl.col("horizon").max().over("pool"))
        | (2 * pl.col("horizon") == pl.col("horizon").max().over("pool"))
    )
    return {"fallbacks": facts.fallbacks, "rows": rows.rows(named=True), "shares": SHARES}


def _coherent(facts: Facts) -> Section | None:
    """Return how far coherence moved forecasts, by hierarchy, and where that was far."""
    if facts.coherent.is_empty():
        return None
    torn = facts.coherent.filter(pl.col("moved") > MUCH)
    return {
        "hierarchies": facts.coherent.rows(named=True),
        "much": MUCH,
        "torn": torn.get_column("hierarchy").to_list(),
    }


def _drivers(facts: Facts) -> Section | None:
    """Return the drivers that could be judged, and how many could not or have skill."""
    if facts.drivers.is_empty():
        return None
    tried = facts.drivers.drop_nulls("relative_wis")
    return {
        "tried": tried.rows(named=True),
        "untried": facts.drivers.height - tried.height,
        "used": facts.drivers.filter("has_skill").height,
    }
