"""Country labels by a reviewed alias table: exact match or quarantine, never fuzzy.

One CSV per scheme (a publisher's vocabulary) in ``data/reference/country_aliases/`` with columns
``label, origin_iso3, origin_class, note``. The literal text "NA" is a label like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from fcm_migration.catalog.columns import ORIGIN_CLASSES
from fcm_migration.errors import UsageError
from fcm_migration.sources.base import TOTAL

SCHEMA = pl.Schema(
    {
        "label": pl.String(),
        "origin_iso3": pl.String(),
        "origin_class": pl.String(),
        "note": pl.String(),
    }
)


def aliases(reference_dir: Path, scheme: str) -> pl.DataFrame:
    """Return one scheme's reviewed labels (label, origin_iso3, origin_class), TOTAL included.

    Raises:
        UsageError: the table is missing, has another header, an unknown class or a label twice.
    """
    path = reference_dir / "country_aliases" / f"{scheme}.csv"
    if not path.exists():
        raise UsageError("no alias table for this scheme", where=str(path.name), expected="a CSV")
    frame = pl.read_csv(path, infer_schema=False).with_columns(pl.all().fill_null(""))
    problems = []
    if frame.columns != SCHEMA.names():
        problems.append(f"header {frame.columns}")
    else:
        twice = frame.filter(pl.col("label").is_duplicated()).get_column("label").unique()
        problems += [f"label twice: {label}" for label in twice.sort()]
        classes = set(frame.get_column("origin_class")) - set(ORIGIN_CLASSES)
        problems += [f"class {name!r}" for name in sorted(classes)]
    if problems:
        raise UsageError(
            f"the alias table is broken: {'; '.join(problems)}", where=path.name, expected=SCHEMA
        )
    total = pl.DataFrame(
        {"label": [TOTAL], "origin_iso3": ["total"], "origin_class": ["total"], "note": [""]}
    )
    return pl.concat([frame, total]).drop("note")


def resolve(draft: pl.DataFrame, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Replace ``origin_label`` by ``origin_iso3`` and ``origin_class``.

    Returns:
        the resolved rows, and the unresolved labels (label, rows, closest) to be quarantined;
        ``closest`` names up to three reviewed labels that look alike, for a person: it is never
        used to resolve anything.
    """
    joined = draft.join(known, left_on="origin_label", right_on="label", how="left")
    resolved = joined.filter(pl.col("origin_iso3").is_not_null()).drop("origin_label")
    unresolved = (
        joined.filter(pl.col("origin_iso3").is_null())
        .group_by(pl.col("origin_label").alias("label"))
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .sort("label")
    )
    labels = known.get_column("label").to_list()
    near = [", ".join(closest(label, labels)) for label in unresolved.get_column("label")]
    return resolved, unresolved.with_columns(pl.Series("closest", near, dtype=pl.String))


def closest(label: str, known: Sequence[str]) -> list[str]:
    """Return up to three reviewed labels that resemble this one, ignoring case and white space."""
    folded = {" ".join(name.casefold().split()): name for name in known if name != TOTAL}
    near = get_close_matches(" ".join(label.casefold().split()), list(folded), n=3, cutoff=0.6)
    return [folded[name] for name in near]


def all_labels(reference_dir: Path, schemes: Iterable[str]) -> pl.DataFrame:
    """Return the reviewed labels of schemes: scheme, label, origin_iso3, origin_class, note."""
    parts = []
    for scheme in sorted(set(schemes)):
        aliases(reference_dir, scheme)  # checks the form of the file
        path = reference_dir / "country_aliases" / f"{scheme}.csv"
        frame = pl.read_csv(path, infer_schema=False).with_columns(pl.all().fill_null(""))
        parts.append(frame.select(pl.lit(scheme).alias("scheme"), *SCHEMA.names()))
    return pl.concat(parts)
