"""Missing Migrants files in IOM's four layouts. Every incident in them is made up."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from tests.sources.fake_get import FIXTURES

FOLDER = FIXTURES / "iom_missing_migrants"
CSV_2020 = "MissingMigrants-Global-2020-01-08T14-05-32.csv"
CSV_2026 = "MissingMigrants-Global-2026-05-06--19_42_11.csv"

Records = list[dict[str, Any]]


def records(year: int) -> Records:
    """One year's file, to be changed."""
    found: Records = json.loads((FOLDER / f"{year}-json.json").read_text(encoding="utf-8"))
    return found


def write(folder: Path, year: int, rows: Any) -> Path:
    """Write a year's file as IOM does: one line, no byte order mark."""
    path = folder / f"{year}-json.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


def all_years(newest: date) -> bytes:
    """The CSV of all years: one incident of each, made up under the publisher's header."""
    lines = [
        '"Main ID","Incident ID","Incident Type","Region of Incident","Incident Date",'
        '"Incident Year",Month,"Number of Dead","Minimum Estimated Number of Missing",'
        '"Total Number of Dead and Missing","Number of Survivors","Number of Females",'
        '"Number of Males","Number of Children","Country of Origin","Region of Origin",'
        '"Cause of Death","Country of Incident","Migration Route","Location of Incident",'
        'Coordinates,"UNSD Geographical Grouping","Information Source",URL,"Source Quality"'
    ]
    for year in range(2014, newest.year + 1):
        day = newest if year == newest.year else date(year, 6, 1)
        lines.append(
            f'{year}.MMP0217,"{year}.MMP0217240,{year}.MMP0217241","Split Incident",'
            f'"Northern Africa",{day},{year},{day:%B},8,,8,,,,,Unknown,Unknown,Drowning,Libya,'
            '"Sahara Desert crossing",Simulated,"28.5, 17.5","Northern Africa",Simulated,,5'
        )
    return ("\n".join(lines) + "\n").encode()
