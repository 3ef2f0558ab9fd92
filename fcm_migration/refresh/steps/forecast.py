"""Forecast: every series from its last observed period, with its record and scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.catalog.derive import empty
from fcm_migration.forecast import Settings
from fcm_migration.forecast.composition import MODELS
from fcm_migration.forecast.tables import (
    ORIGIN_SCORES,
    POOL_SCORES,
    QUANTILES,
    SCORES,
    TABLES,
    TRACK_RECORD,
    UNFITTED_SCORES,
)
from fcm_migration.marts.panel import model_panel, modelled
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context

ELSEWHERE = ("cache_dir", "workers", "scheduler")  # where and by how many: never part of a result


def _given(context: Context) -> Mapping[str, Any]:
    from fcm_migration.refresh.ledger import observed_since

    settings = asdict(context.forecast or Settings())
    return {
        **modelled(context.sources),
        "settings": {name: value for name, value in settings.items() if name not in ELSEWHERE},
        "published": observed_since(context),
    }


def panel_of(inputs: Inputs) -> pl.DataFrame:
    """Return the panel of series that are forecast."""
    return model_panel(
        inputs.read(SERIES),
        inputs.read(SERIES_INDEX),
        inputs.read(SERIES_BREAKS),
        modelled=inputs.given["modelled"],
        crossed=inputs.given["crossed"],
    )


def settings_of(inputs: Inputs) -> Settings:
    """Return the settings of the forecasts, with where and by how many they are made."""
    return replace(
        Settings(**inputs.given["settings"]),
        cache_dir=inputs.resources.cache_dir / "fits",
        workers=inputs.resources.workers,
        scheduler=inputs.resources.scheduler,
    )


def make(inputs: Inputs) -> Made:
    """Return the forecasts, their composition, scores and track record."""
    from fcm_migration.forecast import forecast  # numpy, only where something is fitted

    breaks = inputs.read(SERIES_BREAKS)
    made = forecast(
        panel_of(inputs),
        settings=settings_of(inputs),
        breaks=breaks,
        report=inputs.resources.report,
    )
    published = _published(inputs.given["published"], breaks)
    return {
        QUANTILES: made.quantiles,
        SCORES: made.scores,
        POOL_SCORES: made.pool_scores,
        UNFITTED_SCORES: made.unfitted_scores,
        ORIGIN_SCORES: made.origin_scores,
        TRACK_RECORD: _track_record(made.track, published, inputs.read(SERIES_INDEX)),
        MODELS: made.models,
    }


def _published(observed: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return the published forecasts whose target has been observed since, shocks marked."""
    from fcm_migration.forecast.backtesting.records import mark_shocks

    if observed.is_empty():
        return observed
    return mark_shocks(observed, breaks).with_columns(pl.lit("published").alias("record_kind"))


def _track_record(
    backtested: pl.DataFrame, published: pl.DataFrame, index: pl.DataFrame
) -> pl.DataFrame:
    """Return backtests and published forecasts beside what was observed, with its as-of date."""
    kinds = [
        backtested.with_columns(
            pl.lit("backtest").alias("record_kind"), pl.lit(None, dtype=pl.Date).alias("made_date")
        ),
        published,
    ]
    parts = [part.select(pl.all().exclude("as_of_date")) for part in kinds if not part.is_empty()]
    if not parts:
        return empty(TRACK_RECORD)
    return (
        pl.concat(parts, how="diagonal")
        .join(index.select("series_id", "as_of_date"), on="series_id", how="left")
        .select(TRACK_RECORD.column_names)
    )


STEP = Step(
    name="forecast",
    title="forecast and backtest",
    makes=(*TABLES, MODELS),
    make=make,
    reads=(SERIES, SERIES_INDEX, SERIES_BREAKS),
    given=_given,
)
