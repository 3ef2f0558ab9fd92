"""Report of labels held back: what each might mean, and how to accept it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.config import REFERENCE_DIR, checkout
from fcm_migration.marts.countries import alias_name
from fcm_migration.metadata.tables import QUARANTINED_LABELS
from fcm_migration.refresh.context import Context


def held_labels(context: Context) -> pl.DataFrame | None:
    """Return ``meta.quarantined_labels`` of the last refresh; None before the first one."""
    path = context.home.table(QUARANTINED_LABELS.layer, QUARANTINED_LABELS.name)
    return store.read(path, QUARANTINED_LABELS) if store.holds(path, QUARANTINED_LABELS) else None


def label_lines(context: Context) -> Iterator[str]:
    """Yield the lines a person reads on every label held back: which, since when, what to do."""
    labels = held_labels(context)
    for row in () if labels is None else labels.iter_rows(named=True):
        yield from _lines(context, row)


def _lines(context: Context, row: dict[str, Any]) -> Iterator[str]:
    first, last = row["first_period_start"], row["last_period_start"]
    when = f"of the period {first}" if first == last else f"of the periods {first} to {last}"
    rows = "1 row" if row["rows"] == 1 else f"{row['rows']:,} rows"
    yield (
        f"{row['source_id']}: nobody has reviewed the label {row['label']!r}: {rows} {when} held "
        "back; there, an origin without a row is unknown, not zero"
    )
    yield f"  might be: {row['closest'] or 'no reviewed label is like it'}"
    line = row["alias_line"] or f'"{row["label"]}",ISO3,country,'
    yield f"  to accept it, {_where(context, row['scheme'])} this line, then run `fcm refresh`:"
    yield f"    {line}"


def _where(context: Context, scheme: str) -> str:
    """Return in words to which file a person adds a line: the reviewed one, or a copy of it."""
    name = alias_name(scheme)
    path = context.reference(name)
    own = context.home.reference / name
    if path == own or checkout() is not None or context.reference_dir != REFERENCE_DIR:
        return f"add to {path}"
    return f"copy {path} (which ships with the project) to {own} and add to the copy"
