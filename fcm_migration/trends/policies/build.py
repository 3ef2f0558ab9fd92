"""The tables of policies, made from the series and the reviewed policies."""

from __future__ import annotations

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.marts.reviewed import without_cuts
from fcm_migration.trends.policies.displacement import displacement
from fcm_migration.trends.policies.effects import policy_effects, watched
from fcm_migration.trends.policies.events import policies
from fcm_migration.trends.policies.false_positives import false_positives
from fcm_migration.trends.policies.tables import DISPLACEMENT, PLACEBOS, POLICY_EFFECTS


def judge_policies(
    series: pl.DataFrame, index: pl.DataFrame, breaks: pl.DataFrame, declared: pl.DataFrame
) -> dict[Table, pl.DataFrame]:
    """Return ``trend.policy_effects``, ``trend.placebos`` and ``trend.displacement``.

    Args:
        series: ``mart.series``.
        index: ``mart.series_index``.
        breaks: ``meta.series_breaks``.
        declared: ``meta.policy_events``.

    Raises:
        UsageError: an entry of ``declared`` contradicts itself.
        ConformError: a value is not one its column allows.
    """
    held = watched(without_cuts(series, breaks), index, policies(declared))
    effects = policy_effects(held)
    return {
        POLICY_EFFECTS: effects,
        PLACEBOS: false_positives(held, effects),
        DISPLACEMENT: displacement(held, effects),
    }
