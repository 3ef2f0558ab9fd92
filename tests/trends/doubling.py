"""Alerts by the doubling rule alone, in the declared shape of ``trend.alerts``: input for tests."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.trends.alerts.tables import ALERTS
from fcm_migration.trends.watch.panel import Scope, scopes, watched_panel
from fcm_migration.trends.watch.rolling import mean_of, shifted, sum_of

PLAIN = {pl.String(): "", pl.Float64(): 0.5, pl.Boolean(): False, pl.Date(): date(2020, 1, 1)}


def doubled(scope: Scope) -> np.ndarray:
    """Where the recent level is twice the year before, beyond the season, and large enough."""
    y, spec = scope.values, scope.spec
    growth = (mean_of(y, spec.recent) + 2) / (mean_of(y, spec.year, lag=spec.recent) + 2)
    season = (y + 2) / (shifted(y, spec.year) + 2)
    large = (y >= spec.least) & (sum_of(y, spec.held) >= spec.least_held)
    with np.errstate(invalid="ignore"):
        return (growth >= 2) & (season >= 1.25) & large


def doubling_alerts(series: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``trend.alerts`` wherever a watched series of one origin doubled."""
    rows: list[dict[str, object]] = []
    for scope in scopes(watched_panel(series, index)):
        if scope.dimension == "origin":
            facts = scope.facts.to_dicts()
            for row, column in np.argwhere(doubled(scope)):
                rows.append({**facts[column], "period": scope.periods[row]})
    return alert_rows(rows)


def alert_rows(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of ``trend.alerts`` that say these things, and something allowed otherwise."""
    usual: dict[str, object] = {"tier": "alert", "direction": "surge", "kind": "own", "score": 50.0}
    schema = polars_schema(ALERTS)
    usual |= dict.fromkeys(column.name for column in ALERTS.columns if column.nullable)
    full = []
    for row in rows:
        known = {**usual, "public_from": date(2020, 1, 1), **row}
        name = f"{known['series_id']}{known['period']}{known['direction']}"
        known.setdefault("alert_id", hashlib.sha256(name.encode()).hexdigest()[:12])
        known.setdefault("episode_start", known["period"])
        full.append({c: known.get(c, PLAIN.get(kind, "")) for c, kind in schema.items()})
    frame = pl.DataFrame(full, schema=schema)
    return conform(frame, ALERTS)
