"""Harmonised flows: each source's figures under common names, with release and provenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.errors import LayoutError
from fcm_migration.marts.countries import resolve
from fcm_migration.marts.tables import FLOWS, HELD_BACK, HELD_SCOPE
from fcm_migration.sources.base import DRAFT_FLOWS, RELEASED_DRAFT, Source


@dataclass(frozen=True)
class Harmonised:
    """One source's rows of ``mart.flows`` and of ``meta.held_back``."""

    flows: pl.DataFrame
    held: pl.DataFrame


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
    resolved, held = resolve(draft, known)
    held = _held_back(source, held)
    resolved = without_lacking_parts(resolved, held).drop("origin_label")
    resolved = merge_labels(resolved)
    units = pl.DataFrame(
        {"indicator": [i.indicator for i in INDICATORS], "unit": [i.unit for i in INDICATORS]}
    )
    flows = resolved.join(units, on="indicator", how="left").with_columns(
        pl.lit(source.source_id).alias("source_id")
    )
    return Harmonised(flows.select(FLOWS.column_names), held)


def _held_back(source: Source, held: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of ``meta.held_back`` for the drafts whose label nobody has reviewed."""
    rows = held.rename({"origin_label": "label"}).with_columns(
        pl.lit(source.source_id).alias("source_id")
    )
    return (
        rows.group_by(HELD_BACK.key)
        .agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("is_partial").any())
        .select(HELD_BACK.column_names)
        .sort(HELD_BACK.key)
    )


def without_lacking_parts(resolved: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Remove figures that may lack a part because its label is held back.

    Several labels of a publisher can stand for one origin ("Gaza" and "West Bank"). Where one of
    two that have stood side by side is absent, and a label is held back in the same scope and
    period, the sum of the others is not the origin's figure: it is null.

    Args:
        resolved: drafts with ``origin_label`` and ``origin_iso3``.
        held: rows of ``meta.held_back`` of the same source.
    """
    if held.is_empty():
        return resolved
    scope = [name for name in HELD_SCOPE if name in resolved.columns]
    period, origin = [*scope, "period_start"], [*scope, "origin_iso3"]
    labels = resolved.select(*period, "origin_iso3", "origin_label").unique()
    together = labels.filter(pl.len().over(*origin, "period_start") > 1)
    parts = together.select(*origin, "origin_label").unique()
    here = labels.join(held.select(period).unique(), on=period, how="semi")
    some = here.join(parts, on=[*origin, "origin_label"], how="semi")
    every = some.select(*origin, "period_start").unique().join(parts, on=origin)
    lacking = (
        every.join(here, on=[*origin, "period_start", "origin_label"], how="anti")
        .select(*origin, "period_start", pl.lit(value=True).alias("__lacking"))
        .unique()
    )
    marked = resolved.join(lacking, on=[*origin, "period_start"], how="left", maintain_order="left")
    return marked.with_columns(
        pl.when(pl.col("__lacking").is_null()).then("value").alias("value")
    ).drop("__lacking")


def merge_labels(resolved: pl.DataFrame) -> pl.DataFrame:
    """Sum figures whose labels mean the same origin ("Unknown" and "Not stated").

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
