"""The layouts in which IOM has published Missing Migrants incidents: JSON by year, three CSVs.

Each is read as texts under our column names; nothing is a number or a date yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import unescape

from fcm_migration.errors import LayoutError
from fcm_migration.periods import month_number
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.workbook import normalise, pick_columns, read_csv_text

Record = dict[str, str]
FILE_YEAR = re.compile(r"(?<!\d)(20\d{2})-json\.json$")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
COUNTS = (
    "dead_persons",
    "missing_persons",
    "dead_and_missing_persons",
    "survivors_persons",
    "females_persons",
    "males_persons",
    "children_persons",
)


@dataclass(frozen=True)
class Generation:
    """One layout: the publisher's name of each of our columns, and how it writes a date."""

    name: str
    labels: Mapping[str, str]
    day: Callable[[str], date]
    optional: tuple[str, ...] = ()


def _iso(text: str) -> date:
    """Return a date printed as 2014-12-31."""
    return date.fromisoformat(text)


def _long(text: str) -> date:
    """Return a date printed as January 05, 2020."""
    found = re.fullmatch(r"([A-Z][a-z]+) (\d{2}), (\d{4})", text)
    if found is None:
        raise ValueError(text)
    return date(int(found[3]), month_number(found[1], "date"), int(found[2]))


def _weekday(text: str) -> date:
    """Return a date printed as Thu, 01/02/2026 - 12:00, month first as the weekday proves."""
    found = re.fullmatch(r"([A-Z][a-z]{2}), (\d{2})/(\d{2})/(\d{4}) - \d{2}:\d{2}", text)
    if found is None:
        raise ValueError(text)
    day = date(int(found[4]), int(found[2]), int(found[3]))
    if WEEKDAYS[day.weekday()] != found[1]:
        raise ValueError(text)
    return day


JSON = Generation(
    "JSON by year",
    {
        "web_id": "web_id",
        "region": "region",
        "incident_date": "reported_date",
        "dead_persons": "number_dead",
        "missing_persons": "number_missing",
        "dead_and_missing_persons": "total_dead_and_missing",
        "survivors_persons": "number_of_survivors",
        "females_persons": "number_of_female",
        "males_persons": "number_of_male",
        "children_persons": "number_of_children",
        "cause_of_death": "cause_death",
        "country_of_incident": "country_of_incident",
        "location_description": "location_description",
        "unsd_region": "unsd_geographic_grouping",
        # The publisher's spelling.
        "location_coordinates": "location_coodinates",
        "migration_route": "migration_route",
        "information_source": "information_source",
        "source_address": "url",
        "source_quality": "source_quality",
        "region_of_origin": "region_origin",
        "country_of_origin": "country_origin",
    },
    _iso,
    optional=("region_of_origin", "country_of_origin"),
)
_BOTH_CSV = {
    "year": "Year",
    "dead_persons": "Number Dead",
    "missing_persons": "Minimum Estimated Number of Missing",
    "survivors_persons": "Number of Survivors",
    "females_persons": "Number of Females",
    "males_persons": "Number of Males",
    "children_persons": "Number of Children",
    "cause_of_death": "Cause of Death",
    "information_source": "Information Source",
    "source_address": "URL",
    "unsd_region": "UNSD Geographical Grouping",
    "source_quality": "Source Quality",
}
CSV_2020 = Generation(
    "CSV of 2020",
    {
        **_BOTH_CSV,
        "year": "Reported Year",
        "web_id": "Web ID",
        "region": "Region of Incident",
        "incident_date": "Reported Date",
        "dead_and_missing_persons": "Total Dead and Missing",
        "location_description": "Location Description",
        "location_coordinates": "Location Coordinates",
        "migration_route": "Migration Route",
    },
    _long,
)
CSV_2026 = Generation(
    "CSV of 2026",
    {
        **_BOTH_CSV,
        "web_id": "Main ID",
        "incident_id": "Incident ID",
        "region": "Region",
        "incident_date": "Incident Date",
        "location_description": "Location of death",
        "location_coordinates": "Coordinates",
        "migration_route": "Migration route",
        "region_of_origin": "Region of Origin",
        "country_of_origin": "Country of Origin",
    },
    _weekday,
)
CSV_ALL = Generation(
    "CSV of all years",
    {
        **_BOTH_CSV,
        "year": "Incident Year",
        "web_id": "Main ID",
        "incident_id": "Incident ID",
        "region": "Region of Incident",
        "incident_date": "Incident Date",
        "dead_persons": "Number of Dead",
        "dead_and_missing_persons": "Total Number of Dead and Missing",
        "country_of_incident": "Country of Incident",
        "location_description": "Location of Incident",
        "location_coordinates": "Coordinates",
        "migration_route": "Migration Route",
        "region_of_origin": "Region of Origin",
        "country_of_origin": "Country of Origin",
    },
    _iso,
)
MONTH_LABELS = ("Reported Month", "Month")


def read_records(file: ReleaseFile) -> tuple[Generation, list[Record], tuple[str, ...]]:
    """Read one file as texts under our names.

    Returns:
        the layout it has, its records, and the publisher's columns that were not read.

    Raises:
        LayoutError: the file has none of the four layouts.
    """
    content = file.path.read_bytes()
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{"):
        return _json(content, file.name)
    # The CSV exported in 2026 ends without a line break.
    rows = read_csv_text(content, delimiter=",", ended=False, where=file.name)
    header = [normalise(cell) for cell in (rows[0] if rows else ())]
    kinds = {"Web ID": CSV_2020, "Incident Year": CSV_ALL}
    generation = next((kind for label, kind in kinds.items() if label in header), CSV_2026)
    at, extra = pick_columns(header, list(generation.labels.values()), file.name)
    records = [
        {name: row[at[label]] for name, label in generation.labels.items()} for row in rows[1:]
    ]
    if not records:
        raise LayoutError("no record under the header", where=file.name)
    return (
        generation,
        [_clean(r) for r in records],
        tuple(x for x in extra if x not in MONTH_LABELS),
    )


def _json(content: bytes, where: str) -> tuple[Generation, list[Record], tuple[str, ...]]:
    found = FILE_YEAR.search(where)
    if found is None:
        raise LayoutError(
            "the file's name has no year",
            where=where,
            expected="a name like 2014-json.json: records without a date are of the file's year",
        )
    try:
        raw = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise LayoutError("not JSON", where=where, got=str(error)) from None
    flat = isinstance(raw, list) and all(
        isinstance(item, dict) and all(isinstance(value, str) for value in item.values())
        for item in raw
    )
    if not flat:
        raise LayoutError(
            "not a list of flat records", where=where, expected="objects whose values are texts"
        )
    keys = {key for item in raw for key in item}
    needed = {label for name, label in JSON.labels.items() if name not in JSON.optional}
    if lacking := sorted({key for item in raw for key in needed - set(item)}):
        raise LayoutError(
            "columns are missing", where=where, expected=sorted(needed), lacks=lacking
        )
    later = {JSON.labels[name] for name in JSON.optional}
    if half := [sorted(later & set(item)) for item in raw if len(later & set(item)) == 1]:
        raise LayoutError("one column without the other", where=where, expected=later, got=half[0])
    records = [
        {name: item.get(label, "") for name, label in JSON.labels.items()} | {"year": found[1]}
        for item in raw
    ]
    return JSON, [_clean(r) for r in records], tuple(sorted(keys - set(JSON.labels.values())))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object's items; refuse a repeated key, which would hide one of its values."""
    items = dict(pairs)
    if len(items) != len(pairs):
        raise ValueError(f"keys stand twice in the record {pairs[0]}")
    return items


def _clean(record: Record) -> Record:
    """Return the texts with white space collapsed and HTML entities decoded."""
    return {name: normalise(unescape(text)) for name, text in record.items()}


def days(records: Sequence[Record], generation: Generation, where: str) -> list[date | None]:
    """Return the dates of the incidents, None where unstated; each lies in its year.

    Raises:
        LayoutError: a date is written otherwise than ever, or lies outside the record's year.
    """
    result: list[date | None] = []
    for record in records:
        text = record["incident_date"]
        try:
            day = generation.day(text) if text else None
        except (ValueError, LayoutError):
            day = date.min
        if day is not None and str(day.year) != record["year"]:
            raise LayoutError(
                "a date of another form or year",
                where=f"{where}, {record['web_id']}",
                expected=f"{generation.day.__doc__} in {record['year']}",
                got=repr(text),
            )
        result.append(day)
    return result
