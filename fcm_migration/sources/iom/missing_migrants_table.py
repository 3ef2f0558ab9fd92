"""IOM's record of the dead and missing: the core table."""

from __future__ import annotations

from fcm_migration.catalog.model import Column, Table

FIRST_YEAR = 2014
TEXTS = {
    "incident_id": "Identifier of one of several records of an incident; newer CSVs only.",
    "region": "Region of the incident in IOM's words.",
    "country_of_incident": "Country of the incident; not in the CSVs of 2020 and 2026.",
    "cause_of_death": "Cause of death in IOM's words; free text.",
    "location_description": "Where it happened; free text.",
    "location_coordinates": "Latitude and longitude as printed, parted by a comma.",
    "unsd_region": "Region of the incident by the UN Statistics Division.",
    "migration_route": "Route in IOM's words; empty if none is stated.",
    "information_source": "Who reported it.",
    "source_address": "Where it was reported.",
    "source_quality": "IOM's grade of the source: 1 (media only) to 5 (official or forensic).",
    "region_of_origin": "Region of origin; stated since 2025.",
    "country_of_origin": "Country of origin in IOM's words; stated since 2025.",
}
PERSONS = {
    "dead_persons": "Dead; null if not stated.",
    "missing_persons": "Missing at least; null if not stated, negative as published.",
    "dead_and_missing_persons": "Dead and missing as printed; their sum in the CSV of 2026, which "
    "prints none.",
    "survivors_persons": "Survivors; null if not stated, negative as published.",
    "females_persons": "Women among the dead and missing; null if not stated.",
    "males_persons": "Men among the dead and missing; null if not stated.",
    "children_persons": "Children among the dead and missing; null if not stated.",
}
TABLE = Table(
    "core",
    "iom_missing_migrants",
    "Incidents in which people died or went missing on migration routes.",
    "record of an incident",
    (
        Column("web_id", "string", "IOM's identifier; recurs, may be a remark instead."),
        Column(
            "record_number",
            "integer",
            "Number of the record among those of one identifier and year, in the order of their "
            "content; it does not depend on the file's order.",
            minimum=1,
        ),
        Column("year", "integer", "Calendar year of the file.", minimum=FIRST_YEAR, maximum=2100),
        Column("incident_date", "date", "Day of the incident; null if not stated.", nullable=True),
        *(Column(name, "string", words) for name, words in TEXTS.items()),
        *(
            Column(name, "integer", words, unit="persons", nullable=True)
            for name, words in PERSONS.items()
        ),
    ),
    ("year", "web_id", "record_number"),
    source_id="iom_missing_migrants",
    caveats=(
        "A minimum: many deaths are never recorded, and recording improved over the years.",
        "Identifiers recur: the JSON parts an incident into records and leaves out what tells them "
        "apart, so that two may be alike in every field. All are kept: for 10 of the 11 such "
        "incidents to 2019 that count anybody, IOM's CSV of 2020, with one record an incident, "
        "prints the sum over all of them; for none the sum without the repeated ones.",
        "Records without a date are in no month.",
    ),
    period="year",
    partial="is_partial",
)
