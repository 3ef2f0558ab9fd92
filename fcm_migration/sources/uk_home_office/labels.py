"""Checks of the labels of the Home Office's detailed datasets, and of repeated rows.

Each function takes the rows of :func:`~.workbooks.read_rows`, with ``quarter_start_date``.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fcm_migration.errors import LayoutError
from fcm_migration.sources.uk_home_office.shorthand import known_sums

MAIN, DEPENDANT = "Main applicant", "Dependant"
APPLICANT_TYPES = (MAIN, DEPENDANT)
# Labels into which the publisher folds several nationalities: their rows may be alike.
FOLDED_NATIONALITIES = ("British overseas citizens", "Other and unknown", "Other and Unknown")


def folded(
    frame: pl.DataFrame, column: str, known: Sequence[str], where: str
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the frame with a column's labels in one spelling each, and every spelling met.

    The publisher's spellings differ in capitals and in a plural "s" at the end; a label that is
    none of ``known`` in any spelling is refused.

    Raises:
        LayoutError: a label is unknown.
    """
    declared = {_plain(label): label for label in known}
    words = column.replace("_", " ")
    met = sorted(set(frame.get_column(column)))
    if unknown := [text for text in met if _plain(text) not in declared]:
        raise LayoutError(f"{words}s", where=where, expected=list(known), got=unknown[:10])
    one = {text: declared[_plain(text)] for text in met}
    return (
        frame.with_columns(pl.col(column).replace_strict(one, return_dtype=pl.String)),
        tuple(f"{words}: {text}" for text in met),
    )


def _plain(label: str) -> str:
    return label.casefold().removesuffix("s")


def spellings(frame: pl.DataFrame, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the lines of a release's fingerprint for columns whose labels are left as they are."""
    return tuple(
        f"{column}: {text}" for column in columns for text in sorted(set(frame.get_column(column)))
    )


def refuse_totals_beside_parts(
    frame: pl.DataFrame, column: str, where: str, within: Sequence[str] = ()
) -> None:
    """Refuse a quarter in which "Total ..." stands beside other labels: sums would count twice.

    ``within`` are columns that part a quarter: a total of one outcome is none of another's.
    """
    total = pl.col(column).str.to_lowercase().str.starts_with("total")
    parted = frame.group_by("quarter_start_date", *within)
    quarters = parted.agg(total.any().alias("any"), total.all())
    both = quarters.filter(pl.col("any") & ~pl.col(column)).get_column("quarter_start_date")
    if not both.is_empty():
        raise LayoutError(
            f"a total of {column} beside its parts",
            where=where,
            expected="either in a quarter",
            got=[str(day) for day in both.unique().sort().head(5)],
        )


def added_up(
    frame: pl.DataFrame,
    key: Sequence[str],
    count: str,
    most: int,
    where: str,
    may_be_alike: pl.Expr | None = None,
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return one row for each key, the figures of repeated labels added, and a note of how many.

    The publisher folds several groups of people into one label without adding them up. Their
    figures differ: rows with one figure too are taken for one row that stands twice, except where
    ``may_be_alike`` says otherwise (everywhere, for None).

    Raises:
        LayoutError: more than ``most`` rows repeat the labels of another, or rows are alike in
            every cell where none may be.
    """
    if may_be_alike is not None:
        alike = pl.struct(*key, count).is_duplicated() & ~may_be_alike
        if not (twice := frame.filter(alike)).is_empty():
            raise LayoutError(
                "rows stand twice",
                where=where,
                expected="no two rows of a nationality alike in every cell",
                got=[str(row) for row in twice.select(*key, count).unique().head(2).rows()],
            )
    summed = frame.group_by(key).agg(known_sums(count))
    repeated = frame.height - summed.height
    if repeated > most:
        raise LayoutError("rows stand twice", where=where, expected=f"at most {most}", got=repeated)
    notes = (f"{repeated} rows repeat the labels of another and were added.",) if repeated else ()
    return summed, notes
