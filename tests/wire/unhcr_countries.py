"""UNHCR's list of countries as the API gives it, out of the reviewed codes and a few details."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.http import Request
from tests.sources.fake_get import FIXTURES

_REGIONS = {
    5: "Asia and the Pacific",
    3: "Eastern and Southern Africa",
    7: "Europe",
    1: "Middle East and North Africa",
    6: "The Americas ",
    2: "West and Central Africa",
}
_NON_COUNTRIES = {
    "STA": ("XXA", "Stateless"),
    "UKN": ("UNK", "Unknown "),
    "TIB": ("TIB", "Tibetan"),
}
_BASE = "https://api.unhcr.org/population/v1"


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _rows(region: int | None = None) -> list[dict[str, object]]:
    details = {row["code"]: row for row in _read(FIXTURES / "unhcr_countries" / "details.csv")}
    rows = []
    for number, known in enumerate(_read(REFERENCE_DIR / "country_aliases" / "unhcr.csv")):
        code = known["label"]
        if known["origin_class"] == "other" and code not in _NON_COUNTRIES:
            continue  # codes without a name, which no release has had
        iso, name = _NON_COUNTRIES.get(code, (known["origin_iso3"], known["note"]))
        more = details.get(code, {})
        if region is None or more.get("unhcr_region") == str(region):
            rows.append(
                {
                    "0": 1,
                    "id": number,
                    "code": code,
                    "iso": iso,
                    "iso2": more.get("iso2"),
                    "name": name,
                    "nameLong": more.get("long_name"),
                    "nationality": "",
                    "majorArea": more.get("major_area"),
                    "region": more.get("region"),
                    "nameFr": name,
                }
            )
    return rows


def _envelope(items: list[dict[str, object]]) -> bytes:
    page = {
        "page": 1,
        "short-url": "simulated",
        "maxPages": 1 if items else 0,
        "total": [],
        "items": items,
    }
    return json.dumps(page).encode()


def _bodies() -> dict[str, bytes]:
    regions: list[dict[str, object]] = [
        {"0": 1, "id": number, "name": name, "name_fr": name} for number, name in _REGIONS.items()
    ]
    return {
        "page-001.json": _envelope(_rows()),
        "regions.json": _envelope(regions),
        **{f"region-{number}.json": _envelope(_rows(number)) for number in sorted(_REGIONS)},
    }


def release(folder: Path) -> list[Path]:
    """Write one good release: the list, the regions and their members."""
    paths = []
    for name, body in _bodies().items():
        (folder / name).write_bytes(body)
        paths.append(folder / name)
    return paths


def answer(request: Request) -> bytes | None:
    """Give the list, the regions, or the members of one region."""
    asked = dict(request.params)
    if asked.get("page") != "1":
        return None
    if request.url == f"{_BASE}/regions/":
        return _bodies()["regions.json"]
    if request.url != f"{_BASE}/countries/":
        return None
    number = asked.get("unhcr_region")
    return _bodies()["page-001.json" if number is None else f"region-{number}.json"]
