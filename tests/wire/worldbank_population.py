"""The World Bank's bulk download of population: three CSV files in a ZIP.

Codes and names are the real ones (those of the reviewed alias table); figures are simulated unless
:func:`write` is handed others.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.http import Request
from tests.sources.fake_get import FIXTURES
from tests.workbook.writers import write_zip

NAME = "API_SP.POP.TOTL_DS2_en_csv_v2_34.zip"
UPDATED = "2018-03-01"  # before the day on which the tests' publishers answer
YEARS = range(1960, 2018)
INDICATOR = ("Population, total", "SP.POP.TOTL")
# name, and figures by year; "" is a year without an estimate
Area = tuple[str, Mapping[int, str]]


def countries() -> dict[str, str]:
    """Names of the countries by the World Bank's code."""
    path = REFERENCE_DIR / "country_aliases" / "worldbank.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["label"]: row["note"] for row in csv.DictReader(file)}


def groups() -> dict[str, str]:
    """Names of a few aggregates by code; one never has a figure."""
    with (FIXTURES / "worldbank_population" / "aggregates.csv").open(encoding="utf-8") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def areas() -> dict[str, Area]:
    """Simulated figures: small countries that grow, and aggregates of them."""
    made: dict[str, Area] = {}
    for number, (code, name) in enumerate(countries().items(), start=1):
        grown = {year: str(1000 * number + 10 * (year - 1960)) for year in YEARS}
        made[code] = (name, grown)
    made["PSE"] = (made["PSE"][0], {y: v for y, v in made["PSE"][1].items() if y >= 1990})
    totals = {
        year: sum(int(figures.get(year, "0")) for _, figures in made.values()) for year in YEARS
    }
    for code, name in groups().items():
        share = {"WLD": 1.003, "INX": 0}.get(code, 0.5)  # the world counts Taiwan too
        figures = {year: str(round(total * share)) for year, total in totals.items()}
        made[code] = (name, figures if share else {})
    return made


def texts(
    found: Mapping[str, Area], aggregates: Sequence[str], years: Sequence[int]
) -> dict[str, str]:
    """The three files as the World Bank writes them: fields quoted, a comma at each line's end.

    Countries are all given one region, because only whether there is one is read.
    """
    header = ["Country Name", "Country Code", "Indicator Name", "Indicator Code"]
    body = [
        [name, code, *INDICATOR, *(figures.get(year, "") for year in years)]
        for code, (name, figures) in found.items()
    ]
    listed = [
        [code, "", "", "A group.", name]
        if code in aggregates
        else [code, "A region", "An income group", "", name]
        for code, (name, _) in found.items()
    ]
    titles = (
        f'"Data Source","World Development Indicators",\n\n"Last Updated Date","{UPDATED}",\n\n'
    )
    about = ["SP.POP.TOTL", "Population, total", "Total population.", "World Bank"]
    return {
        "Metadata_Indicator_API_SP.POP.TOTL_DS2_en_csv_v2_34.csv": _lines(
            [["INDICATOR_CODE", "INDICATOR_NAME", "SOURCE_NOTE", "SOURCE_ORGANIZATION"], about]
        ),
        "API_SP.POP.TOTL_DS2_en_csv_v2_34.csv": titles
        + _lines([[*header, *map(str, years)], *body]),
        "Metadata_Country_API_SP.POP.TOTL_DS2_en_csv_v2_34.csv": _lines(
            [["Country Code", "Region", "IncomeGroup", "SpecialNotes", "TableName"], *listed]
        ),
    }


def _lines(rows: Sequence[Sequence[str]]) -> str:
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "".join(f"{line},\n" for line in quoted)


def write(
    folder: Path, found: Mapping[str, Area], aggregates: Sequence[str], years: Sequence[int]
) -> Path:
    """Write a download of these figures."""
    members = {
        name: b"\xef\xbb\xbf" + t.encode() for name, t in texts(found, aggregates, years).items()
    }
    return write_zip(folder / NAME, members)


def release(folder: Path) -> list[Path]:
    """Write one good release under the name of a download."""
    return [write(folder, areas(), list(groups()), YEARS)]


def answer(request: Request) -> bytes | None:
    """The download that is asked for; 404 for anything else."""
    if not request.url.endswith("/v2/en/indicator/SP.POP.TOTL"):
        return None
    if dict(request.params) != {"downloadformat": "csv"}:
        return None
    with tempfile.TemporaryDirectory() as folder:
        return release(Path(folder))[0].read_bytes()
