"""Draft rows of ``mart.flows``: what every source's ``flows`` returns, built in one place."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL


def draft(
    frame: pl.DataFrame,
    *,
    indicator: str | pl.Expr,
    destination_iso3: str | pl.Expr,
    frequency: str | pl.Expr,
    period_start: pl.Expr,
    value: pl.Expr,
    origin_label: str | pl.Expr = TOTAL,
    route: str | pl.Expr = "all",
    place: str | pl.Expr = "all",
    population_group: str | pl.Expr = "all",
    is_suppressed: bool | pl.Expr = False,
    rounding: int | pl.Expr = 1,
    is_derived: bool | pl.Expr = False,
    is_partial: bool | pl.Expr = False,
    keep: Sequence[str] = (),
) -> pl.DataFrame:
    """Return one draft row for each row of ``frame``.

    A text, number or truth value is the same in every row; an expression is evaluated on ``frame``.
    By default a row counts every origin, route, place and group, exactly and as published; ``keep``
    names columns of ``frame`` to keep beside those of a draft (the provenance).
    """
    columns = {
        "indicator": indicator,
        "destination_iso3": destination_iso3,
        "origin_label": origin_label,
        "route": route,
        "place": place,
        "population_group": population_group,
        "frequency": frequency,
        "period_start": period_start,
        "value": value,
        "is_suppressed": is_suppressed,
        "rounding": rounding,
        "is_derived": is_derived,
        "is_partial": is_partial,
    }
    return frame.select(*(_expression(columns[name], name) for name in DRAFT_FLOWS.names()), *keep)


def _expression(item: str | bool | int | pl.Expr, name: str) -> pl.Expr:
    if isinstance(item, pl.Expr):
        return item.alias(name)
    return pl.lit(item, dtype=DRAFT_FLOWS[name]).alias(name)
