"""Views whose rows are computed once, when an edition is made, so that no reader waits for them.

The rows lie in a table of the schema ``computed``, in the order of the view's SQL, and the view
reads that table. Some depend on the day of the edition (``meta.edition``): where an edition is made
of the one before by exchanging a few tables, the rows of every view that reads one of them, itself
or through other views, are computed anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from fcm_migration.catalog.derive import quote_identifier, quote_literal
from fcm_migration.publish.views import AsOf, View

if TYPE_CHECKING:
    import duckdb

STORED = "computed"
_NAME = re.compile(r"\b[a-z]\w*\.[a-z]\w*\b")


def table_of(view: View) -> str:
    """Return the quoted name of the table that holds a view's rows."""
    return f"{quote_identifier(STORED)}.{quote_identifier(f'{view.schema}_{view.name}')}"


def published_statements(view: View | AsOf) -> tuple[str, ...]:
    """Return the statements that make a view or macro, its rows aside."""
    if isinstance(view, View) and view.is_stored:
        return view.statements(f"SELECT * FROM {table_of(view)}")  # noqa: S608
    return view.statements()


def create(connection: duckdb.DuckDBPyConnection, view: View | AsOf) -> None:
    """Make a view or macro and, where they are stored, its rows."""
    if isinstance(view, View) and view.is_stored:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(STORED)}")
        fill(connection, view)
    for statement in published_statements(view):
        connection.execute(statement)


def fill(connection: duckdb.DuckDBPyConnection, view: View) -> None:
    """Compute the rows of a view into its table, and say what the table and its columns are."""
    table = table_of(view)
    connection.execute(f"CREATE TABLE {table} AS {view.sql}")
    name = f"{view.schema}.{view.name}"
    said = f"Rows of {name}, computed when the edition was made: read that view."
    connection.execute(f"COMMENT ON TABLE {table} IS {quote_literal(said)}")
    words = dict(view.columns)
    for column, *_ in connection.execute(f"DESCRIBE {table}").fetchall():
        comment = quote_literal(words.get(column, f"See {name}."))
        connection.execute(f"COMMENT ON COLUMN {table}.{quote_identifier(column)} IS {comment}")


def dependent(views: Sequence[View | AsOf], changed: Collection[str]) -> list[View]:
    """Return the stored views that read one of these tables, themselves or through other views."""
    touched, found = set(changed), []
    for view in views:  # each stands after those it reads
        if isinstance(view, View) and touched & set(_NAME.findall(view.sql)):
            touched.add(f"{view.schema}.{view.name}")
            if view.is_stored:
                found.append(view)
    return found
