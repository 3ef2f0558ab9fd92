"""Country labels by a reviewed alias table: exact match or quarantine, never fuzzy.

One CSV per scheme (a publisher's vocabulary) in ``data/reference/country_aliases/`` with columns
``label, origin_iso3, origin_class, note``. The literal text "NA" is a label like any other. Labels
are compared in composed Unicode (NFC), so that an accent written as a character of its own is the
same label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

from fcm_migration.catalog.columns import ORIGIN_CLASSES
from fcm_migration.catalog.reviewed import read_texts
from fcm_migration.errors import UsageError
from fcm_migration.sources.base import TOTAL

COLUMNS = ("label", "origin_iso3", "origin_class", "note")


def alias_name(scheme: str) -> str:
    """Return the name of a scheme's alias table in the reference folder."""
    return f"country_aliases/{scheme}.csv"


def aliases(reference_dir: Path, scheme: str) -> pl.DataFrame:
    """Return one scheme's reviewed labels, as :func:`read_aliases` does."""
    return read_aliases(reference_dir / alias_name(scheme))


def read_aliases(path: Path) -> pl.DataFrame:
    """Return the reviewed labels of a file (label, origin_iso3, origin_class), TOTAL included.

    Raises:
        UsageError: the table is missing, has another header, an unknown class or a label twice.
    """
    total = pl.DataFrame({"label": [TOTAL], "origin_iso3": ["total"], "origin_class": ["total"]})
    return pl.concat([_reviewed(path).drop("note"), total])


def _reviewed(path: Path) -> pl.DataFrame:
    """Return an alias table as reviewed; raises as :func:`read_aliases`."""
    frame = read_texts(path, COLUMNS).with_columns(pl.col("label").str.normalize("NFC"))
    twice = frame.filter(pl.col("label").is_duplicated()).get_column("label").unique()
    classes = set(frame.get_column("origin_class")) - set(ORIGIN_CLASSES)
    problems = [f"label twice: {label}" for label in twice.sort()]
    problems += [f"class {name!r}" for name in sorted(classes)]
    if problems:
        raise UsageError(
            f"the alias table is broken: {'; '.join(problems)}",
            where=path.name,
            expected=f"each label once, classes {', '.join(ORIGIN_CLASSES)}",
        )
    return frame


def resolve(draft: pl.DataFrame, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows whose ``origin_label`` is reviewed, and those held back.

    The first have ``origin_iso3`` and ``origin_class`` too; both keep their label, composed (NFC).
    """
    draft = draft.with_columns(pl.col("origin_label").str.normalize("NFC"))
    joined = draft.join(known, left_on="origin_label", right_on="label", how="left")
    unknown = pl.col("origin_iso3").is_null()
    return joined.filter(~unknown), joined.filter(unknown).select(draft.columns)


def all_labels(reference: Callable[[str], Path], schemes: Iterable[str]) -> pl.DataFrame:
    """Return every reviewed label: scheme, label, origin_iso3, origin_class, note.

    Args:
        reference: returns the path of a reviewed file by its name.
        schemes: the publishers' vocabularies.
    """
    return pl.concat(
        _reviewed(reference(alias_name(scheme))).select(pl.lit(scheme).alias("scheme"), *COLUMNS)
        for scheme in sorted(set(schemes))
    )
