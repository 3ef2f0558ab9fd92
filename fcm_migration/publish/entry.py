"""What a view that people read first is, and the words its columns share with the others'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SCHEMA = "main"


@dataclass(frozen=True)
class Entry:
    """A view of the default schema.

    Attributes:
        name: its name.
        comment: the question it answers, and what must be known to read it.
        columns: what each column says, by name, in order.
        sql: its SELECT, written by us and never made from data.
        needs: tables of a source that it reads; without them it is left out of a file.
        without: SQL of an empty view of the same columns, to stand in its place then; empty for
            none.
    """

    name: str
    comment: str
    columns: Mapping[str, str]
    sql: str
    needs: tuple[str, ...] = ()
    without: str = ""


DESTINATION = "Country people come to, in common English."
ORIGIN = "Country people come from, in common English; all origins together where it says so."
DESTINATION_CODE = "ISO 3166-1 alpha-3 code of the country people come to."
ORIGIN_CODE = "ISO 3166-1 alpha-3 code of the country people come from; total for all together."
INDICATOR = "What is counted; meta.indicators defines each."
UNIT = "Persons, events or cases: never add or compare figures of different units."
AGE = "Whole months from the end of the period to the day the edition was made."
SOURCE = "Source of the figure; the view sources describes it."
AS_OF = "Day of the release the figure is from."
FREQUENCY = "M month, Q quarter, A year."
SERIES = "Key of the series, to join with mart.series, forecast.quantiles and trend.alerts."

WHO = {"destination": DESTINATION, "origin": ORIGIN, "what_is_counted": INDICATOR}
CODES = {
    "destination_iso3": DESTINATION_CODE,
    "origin_iso3": ORIGIN_CODE,
    "indicator": "Code of what is counted.",
}
FROM = {"source_id": SOURCE, "as_of_date": AS_OF}
ROUTE = {"route": "Route, border or office; all for all together."}
