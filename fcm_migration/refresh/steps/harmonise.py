"""Harmonise: the rows of every source in one table of flows; unreviewed labels are held back.

For each label held back, the reviewed labels of any publisher that resemble it are named. Periods
that a reviewed break declares incomplete are marked so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.errors import SourceError
from fcm_migration.marts.countries import alias_name, all_labels
from fcm_migration.marts.incomplete import mark_incomplete
from fcm_migration.marts.reviewed import BREAKS
from fcm_migration.marts.suggestions import alias_line, suggest
from fcm_migration.marts.tables import FLOWS, HELD_BACK
from fcm_migration.metadata.tables import QUARANTINED_LABELS
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.store import Stored, read

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context
    from fcm_migration.sources.base import Source


def _reads(sources: Sequence[Source]) -> Sequence[Table]:
    from fcm_migration.core.tables import latest_table

    return [latest_table(table) for source in sources for table in source.tables]


def _parts(context: Context) -> Mapping[str, Any]:
    """Return each source's part; the part of an unchanged source is not made again."""
    from fcm_migration.refresh.parts import harmonised_part

    return {
        "parts": [harmonised_part(context, source) for source in context.sources],
        "schemes": {source.source_id: source.country_scheme for source in context.sources},
    }


def _reviewed(sources: Sequence[Source]) -> Sequence[str]:
    return ["breaks.csv", *sorted({alias_name(source.country_scheme) for source in sources})]


def make(inputs: Inputs) -> Made:
    """Return ``mart.flows``, ``meta.held_back`` and ``meta.quarantined_labels``.

    Raises:
        SourceError: no source has a release, so there is nothing to publish.
    """
    parts: Sequence[Mapping[str, Stored]] = inputs.given["parts"]
    made = {
        table: pl.concat(read(part[table.full_name].path, table) for part in parts)
        for table in (FLOWS, HELD_BACK)
    }
    breaks = read_declared(inputs.file("breaks.csv"), BREAKS)
    made[FLOWS] = mark_incomplete(made[FLOWS], breaks)
    if made[FLOWS].is_empty():
        raise SourceError(
            "no source has a usable release",
            expected="a download, a bundled edition or a file in the inbox",
            remedy="fcm ingest SOURCE FILE...",
        )
    schemes = inputs.given["schemes"]
    known = all_labels(inputs.file, schemes.values())
    return made | {QUARANTINED_LABELS: quarantined_labels(made[HELD_BACK], schemes, known)}


def quarantined_labels(
    held: pl.DataFrame, schemes: Mapping[str, str], known: pl.DataFrame
) -> pl.DataFrame:
    """Return ``meta.quarantined_labels``.

    Args:
        held: rows of ``meta.held_back``.
        schemes: the publishers' vocabularies by source.
        known: every reviewed label, from :func:`fcm_migration.marts.countries.all_labels`.
    """
    labels = (
        held.group_by("source_id", "label")
        .agg(
            pl.col("rows").sum(),
            pl.col("period_start").min().alias("first_period_start"),
            pl.col("period_start").max().alias("last_period_start"),
        )
        .sort("source_id", "label")
    )
    told: dict[str, list[str]] = {"scheme": [], "closest": [], "alias_line": []}
    for source_id, label in labels.select("source_id", "label").iter_rows():
        scheme = schemes[source_id]
        found = suggest(label, scheme, known)
        told["scheme"].append(scheme)
        told["closest"].append(", ".join(item.words for item in found))
        told["alias_line"].append(alias_line(label, found[0]) if found else "")
    columns = [pl.Series(name, texts, dtype=pl.String) for name, texts in told.items()]
    return labels.with_columns(columns).select(QUARANTINED_LABELS.column_names)


STEP = Step(
    name="harmonise",
    title="harmonise",
    makes=(FLOWS, HELD_BACK, QUARANTINED_LABELS),
    make=make,
    reads=_reads,
    reviewed=_reviewed,
    given=_parts,
)
