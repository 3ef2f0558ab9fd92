"""Harmonised flows: each source's figures under common names, with release and provenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.errors import LayoutError
from fcm_migration.marts.countries import resolve
from fcm_migration.marts.tables import FLOWS
from fcm_migration.sources.base import DRAFT_FLOWS, RELEASED_DRAFT, Source


@dataclass(frozen=True)
class Harmonised:
    """One source's rows for ``mart.flows`` and the labels nobody has reviewed yet."""

    flows: pl.DataFrame
    unresolved: pl.DataFrame


def harmonise(source: Source, core: Mapping[str, pl.DataFrame], known: pl.DataFrame) -> Harmonised:
    """Return a source's figures under harmonised names, with release and provenance in each row.

    Args:
        source: the source.
        core: its latest core tables, which carry as_of_date, snapshot_id and obtained.
        known: the reviewed aliases of the source's country scheme.

    Raises:
        LayoutError: the source's ``flows`` does not return the schema it promises.
    """
    if source.flows_across_releases:
        draft = _promised(source, source.flows(core), RELEASED_DRAFT)
    else:
        drafts = [_draft(source, part, *release) for release, part in _by_release(core)]
        draft = pl.concat(drafts) if drafts else pl.DataFrame(schema=RELEASED_DRAFT)
    resolved, unresolved = resolve(draft, known)
    resolved = merge_labels(resolved)
    units = pl.DataFrame(
        {"indicator": [i.indicator for i in INDICATORS], "unit": [i.unit for i in INDICATORS]}
    )
    flows = resolved.join(units, on="indicator", how="left").with_columns(
        pl.lit(source.source_id).alias("source_id")
    )
    return Harmonised(
        flows.select(FLOWS.column_names),
        unresolved.select(pl.lit(source.source_id).alias("source_id"), "label", "rows", "closest"),
    )


def merge_labels(resolved: pl.DataFrame) -> pl.DataFrame:
    """Add up figures whose labels stand for one origin ("Unknown" and "Not stated").

    The sum is withheld where any part is, null where a part has no figure, and marked as ours
    (``is_derived``).
    """
    key = [name for name in (*SERIES_DIMENSIONS, "period_start") if name in resolved.columns]
    several = pl.len().over(key) > 1
    twice = resolved.filter(several)
    if twice.is_empty():
        return resolved
    summed = twice.group_by(key, maintain_order=True).agg(
        pl.when(pl.col("value").is_not_null().all()).then(pl.col("value").sum()).alias("value"),
        pl.col("is_suppressed").any(),
        pl.lit(value=True).alias("is_derived"),
        pl.col("is_partial").any(),
        *(
            pl.col(name).first()
            for name in resolved.columns
            if name not in (*key, "value", "is_suppressed", "is_derived", "is_partial")
        ),
    )
    return pl.concat([resolved.filter(~several), summed.select(resolved.columns)])


def _by_release(
    core: Mapping[str, pl.DataFrame],
) -> Iterable[tuple[tuple[object, str, str], dict[str, pl.DataFrame]]]:
    """Yield the rows of each release; there are several only where releases are moving windows."""
    keys = ("as_of_date", "snapshot_id", "obtained")
    releases = pl.concat(frame.select(keys) for frame in core.values()).unique().sort(keys)
    for as_of, snapshot_id, obtained in releases.iter_rows():
        part = {
            name: frame.filter(pl.col("snapshot_id") == snapshot_id) for name, frame in core.items()
        }
        yield (as_of, snapshot_id, obtained), part


def _draft(
    source: Source,
    part: Mapping[str, pl.DataFrame],
    as_of: object,
    snapshot_id: str,
    obtained: str,
) -> pl.DataFrame:
    return _promised(source, source.flows(part), DRAFT_FLOWS).with_columns(
        pl.lit(as_of, dtype=pl.Date).alias("as_of_date"),
        pl.lit(snapshot_id).alias("snapshot_id"),
        pl.lit(obtained).alias("obtained"),
    )


def _promised(source: Source, frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    if frame.schema != schema:
        raise LayoutError(
            "flows() did not return the promised schema",
            where=source.source_id,
            expected=dict(schema),
            got=dict(frame.schema),
        )
    return frame
