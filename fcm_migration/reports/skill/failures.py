"""Where the forecasts fail: worst series, pools worse than naive, intervals that miss."""

from __future__ import annotations

from typing import Any

import polars as pl

from fcm_migration.forecast.scores import INTERVAL_LEVELS
from fcm_migration.reports.skill.facts import ENOUGH, WORST, Facts

WORSE = 1.10
LEAST_TARGETS = 20  # fewer say little: one target is five points
ALLOWED = {"calm": 3.0, "shock": 7.0}  # percentage points

Section = dict[str, Any]


def failures(facts: Facts) -> Section:
    """Return the figures of the section by its parts."""
    return {
        "series": _series(facts),
        "pools": _pools(facts),
        "intervals": _intervals(facts),
        "destinations": facts.destinations.rows(named=True),
    }


def _series(facts: Facts) -> Section:
    judged = facts.series
    return {
        "pairs": judged.height,
        "least_origins": ENOUGH,
        "over": judged.filter(pl.col("relative_wis").round(2) > 1).height,
        "worse_than": WORSE,
        "worse": judged.filter(pl.col("relative_wis") > WORSE).height,
        "worst": judged.head(WORST).rows(named=True),
    }


def _pools(facts: Facts) -> Section:
    own = facts.horizons.filter(scored_model="published", window="all")
    above = own.filter(pl.col("relative_wis_mean").round(2) > 1)
    return {
        "pairs": own.height,
        "over": above.height,
        "above": [
            {"pool": pool, "horizons": part.rows(named=True)}
            for (pool,), part in above.group_by("pool", maintain_order=True)
        ],
    }


def _intervals(facts: Facts) -> Section:
    own = facts.horizons.filter(pl.col("window").is_in(list(ALLOWED)), scored_model="published")
    enough = own.filter(pl.col("targets") >= LEAST_TARGETS)
    rows = [
        {
            "pool": pool,
            "window": window,
            "missed": [_missed(part, str(window), n) for n in INTERVAL_LEVELS],
        }
        for (pool, window), part in enough.group_by("pool", "window", maintain_order=True)
    ]
    return {
        "cells": len(INTERVAL_LEVELS) * enough.height,
        "missed": sum(len(level) for row in rows for level in row["missed"]),
        "allowed": ALLOWED,
        "left_out": own.height - enough.height,
        "least_targets": LEAST_TARGETS,
        "rows": sorted(
            (row for row in rows if any(row["missed"])),
            key=lambda row: (row["window"], row["pool"]),
        ),
    }


def _missed(part: pl.DataFrame, window: str, level: int) -> list[Section]:
    """Return the periods ahead whose coverage is too far from nominal, with that coverage."""
    shares = part.sort("horizon").select("horizon", share=f"coverage_{level}")
    return [
        {"horizon": horizon, "share": share, "level": level}
        for horizon, share in shares.iter_rows()
        if abs(100 * share - level) > ALLOWED[window]
    ]
