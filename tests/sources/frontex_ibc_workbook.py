"""The Frontex workbook put together from the simulated figures, to be changed by tests."""

from __future__ import annotations

import csv

from tests.sources.fake_get import FIXTURES
from tests.workbook.writers import Cell

FOLDER = FIXTURES / "frontex_ibc"
NAME = "Monthly_detections_of_IBC_2010_04_15.xlsx"
SHEET = "Detections_of_IBC"

Book = dict[str, list[list[Cell]]]


def book() -> Book:
    """The three sheets as the publisher lays them out; figures are simulated."""
    with (FOLDER / "detections.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    figures: list[list[Cell]] = [[*row[:3], *map(int, row[3:])] for row in rows]
    return {
        SHEET: [list(header), *figures],
        "Notes": [
            ["Definition: detections of illegal border-crossing (simulated figures)."],
            [None],
            ["Source: FRAN data as of 06APR10"],
        ],
        "Dictionary": [
            [
                "NationalityLong (third countries)",
                None,
                "Route",
                "Zones included",
                None,
                "BorderType",
            ],
            ["Afghanistan", None, "Black Sea", "sea borders", None, "Land"],
            ["Albania", None, "Eastern Land Borders", "land borders", None, "Sea"],
        ],
    }
