"""UNHCR's own list of countries: its codes beside ISO's, its names, its regions.

One row a code, 232 of them, non-countries among them. UNHCR's code is not ISO's: AUS is Austria,
MAR is Martinique, ARE is Egypt. The texts "NA" (Namibia) and "UK" (Unknown) are two-letter codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.http import Request
from fcm_migration.sources.base import (
    NO_FLOWS,
    Fetched,
    FetchedFile,
    Get,
    Parsed,
    ReleaseFile,
    only_file,
)
from fcm_migration.sources.unhcr import tables as unhcr
from fcm_migration.sources.unhcr.api import API, envelope, fetch_pages, read_pages
from fcm_migration.workbook import normalise, pick_columns, read_csv_text

REGION_IDS = (1, 2, 3, 5, 6, 7)
REGION_FILE = "region-{}.json"
API_NAMES = {
    "code": "unhcr_code",
    "iso": "printed_iso3",
    "iso2": "printed_iso2",
    "name": "country_name",
    "nameLong": "country_long_name",
    "majorArea": "unsd_region",
    "region": "unsd_subregion",
}
IGNORED = {
    *("0", "id", "nameOrigin", "nameShort", "nameFormal", "nationality"),
    *("nameFr", "nameOriginFr", "nameLongFr", "nameShortFr", "nameFormalFr", "nationalityFr"),
    *("majorAreaFr", "regionFr"),
}
CROSSWALK_NAMES = {
    "unhcr_code": "unhcr_code",
    "iso_code": "printed_iso3",
    "name": "country_name",
    "unhcr_region": "unhcr_region",
    "unsd_region": "unsd_region",
    "unsd_subregion": "unsd_subregion",
}
# Codes that would be confounded first were UNHCR's column read as ISO's.
HELD = {"AUL": "AUS", "AUS": "AUT", "MAR": "MTQ", "ARE": "EGY", "GBR": "GBR", "NZL": "NZL"}
FEWEST = 200
TABLE = Table(
    "core",
    "unhcr_countries",
    "UNHCR's list of countries and non-countries, with ISO's codes.",
    "UNHCR code",
    (
        Column("unhcr_code", "string", "UNHCR's own code: not ISO; AUS is Austria."),
        Column(
            "printed_iso3",
            "string",
            "ISO 3166-1 alpha-3 as UNHCR prints it; XXA stateless, UNK or XXX unknown.",
            nullable=True,
            pattern=r"^[A-Z]{3}$",
        ),
        Column(
            "printed_iso2",
            "string",
            "ISO 3166-1 alpha-2 as UNHCR prints it; NA is Namibia, UK is Unknown (not the United "
            "Kingdom, GB).",
            nullable=True,
            pattern=r"^[A-Z]{2}$",
        ),
        Column("country_name", "string", "Name as UNHCR's data carry it."),
        Column("country_long_name", "string", "Long name where printed.", nullable=True),
        Column("unhcr_region", "string", "UNHCR's region where printed.", nullable=True),
        Column(
            "unsd_region",
            "string",
            "Continent of the UN Statistics Division (majorArea); other words in older lists.",
            nullable=True,
        ),
        Column(
            "unsd_subregion",
            "string",
            "Subregion of the UN Statistics Division (region); other words in older lists.",
            nullable=True,
        ),
    ),
    ("unhcr_code",),
    source_id="unhcr_countries",
    caveats=(
        "Join UNHCR's tables on unhcr_code only: three codes are other countries' ISO codes.",
        "Serbia and Kosovo are one entry (SRB).",
    ),
)


def fetch(get: Get) -> Fetched:
    """Get the list, then the members of each of UNHCR's regions, which the list does not name."""
    pages = fetch_pages(get, "countries", ())
    regions = Request(f"{API}/regions/", params=(("limit", "100"), ("page", "1")), expect="json")
    files = [FetchedFile("regions.json", get(regions))]
    for number in REGION_IDS:
        params = (("unhcr_region", str(number)), ("limit", "1000"), ("page", "1"))
        response = get(Request(f"{API}/countries/", params=params, expect="json"))
        files.append(FetchedFile(REGION_FILE.format(number), response))
    return Fetched((*pages.files, *files))


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the API's pages, or a CSV of UNHCR's and ISO's codes.

    Raises:
        LayoutError: a column is missing, the codes are not UNHCR's, or countries are lost.
    """
    name = files[0].name
    if name.endswith(".csv"):
        raw, names, extra = _crosswalk(files), CROSSWALK_NAMES, {"unsd_imregion"}
    else:
        raw, names, extra = _pages(files), {**API_NAMES, "unhcr_region": "unhcr_region"}, IGNORED
    frame, notes = unhcr.pick(raw, names, name, extra)
    # A blank is no code; but the text "NA" is one.
    frame = frame.with_columns(pl.all().replace("", None))
    lacking = [column for column in TABLE.column_names if column not in frame.columns]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(column) for column in lacking)
    _hold(frame, name)
    _refuse_strangers(files, frame.get_column("unhcr_code"))
    layout = (
        *unhcr.fingerprint(raw, frame, TABLE, extra),
        *sorted(
            f"unhcr_region: {label}" for label in frame.get_column("unhcr_region").unique() if label
        ),
    )
    return Parsed({TABLE.name: frame.select(TABLE.column_names)}, notes=notes, layout=layout)


def _crosswalk(files: Sequence[ReleaseFile]) -> pl.DataFrame:
    file = only_file(files)
    header, *body = read_csv_text(file, delimiter=",") or ((),)
    at, extra = pick_columns(header, CROSSWALK_NAMES, file.name)
    labels = {**at, **{label: [normalise(cell) for cell in header].index(label) for label in extra}}
    return pl.DataFrame(
        {label: [normalise(row[position]) for row in body] for label, position in labels.items()},
        schema=dict.fromkeys(labels, pl.String),
    )


def _pages(files: Sequence[ReleaseFile]) -> pl.DataFrame:
    """Return the list, with each country's UNHCR region if the release has the regions' members."""
    pages = [file for file in files if file.name.startswith("page-")]
    raw = read_pages(pages or files)
    others = {file.name: file for file in files if file not in pages}
    if not pages or not others or "code" not in raw.columns:
        return raw.with_columns(unhcr_region=pl.lit(None, pl.String))
    wanted = {"regions.json", *(REGION_FILE.format(number) for number in REGION_IDS)}
    if set(others) != wanted:
        raise LayoutError("files of the regions", expected=sorted(wanted), got=sorted(others))
    names = {str(row.get("id")): row.get("name") for row in _items(others["regions.json"])}
    if set(names) != {str(number) for number in REGION_IDS}:
        raise LayoutError(
            "UNHCR's regions are others", where="regions.json", expected=REGION_IDS, got=names
        )
    if nameless := [number for number, name in names.items() if not isinstance(name, str)]:
        raise LayoutError("regions without a name", where="regions.json", got=nameless)
    region_of: dict[str, str] = {}
    for number in REGION_IDS:
        where = REGION_FILE.format(number)
        codes = {str(row.get("code")).strip() for row in _items(others[where])}
        if len(codes) >= raw.height or region_of.keys() & codes:
            raise LayoutError(
                "the API ignored the region asked for",
                where=where,
                expected="the members of one region",
                got=f"{len(codes)} countries, {len(region_of.keys() & codes)} of other regions",
            )
        region_of |= dict.fromkeys(codes, normalise(str(names[str(number)])))
    return raw.with_columns(
        unhcr_region=pl.col("code").replace_strict(region_of, default=None, return_dtype=pl.String)
    )


def _refuse_strangers(files: Sequence[ReleaseFile], codes: pl.Series) -> None:
    """Refuse members of a region that the list lacks: their region would be lost."""
    listed = set(codes)
    for file in files:
        if file.name.startswith("region-"):
            members = {str(row.get("code")).strip() for row in _items(file)}
            if strange := sorted(members - listed):
                raise LayoutError(
                    "members of a region that are not in the list",
                    where=file.name,
                    expected="codes of the list",
                    got=strange[:5],
                )


def _items(file: ReleaseFile) -> list[dict[str, object]]:
    page = envelope(file.path.read_bytes(), file.name)
    if page["maxPages"] > 1:
        raise LayoutError("more than one page", where=file.name, got=page["maxPages"])
    items: list[dict[str, object]] = page["items"]
    return items


def _hold(frame: pl.DataFrame, name: str) -> None:
    codes = dict(frame.select("unhcr_code", "printed_iso3").rows())
    if wrong := {code: codes.get(code) for code, iso in HELD.items() if codes.get(code) != iso}:
        raise LayoutError(
            "the codes are not UNHCR's (are UNHCR's and ISO's columns swapped?)",
            where=name,
            expected=HELD,
            got=wrong,
        )
    if frame.height < FEWEST:
        raise LayoutError(
            "countries are lost",
            where=name,
            expected=f"{FEWEST} rows and more (232 in 2026)",
            got=f"{frame.height}",
        )


def flows(_tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return nothing: a list has no figures."""
    return NO_FLOWS


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: the list prints no date."""
    return None


SOURCE = unhcr.unhcr_source(
    source_id="unhcr_countries",
    title="UNHCR's list of countries, its codes and regions",
    cadence=Cadence("when a name or code changes; looked at monthly", "11 5 2 * *", 1100),
    revision_habit="Rare: a name changes, an entry is added.",
    tables=(TABLE,),
    module=__name__,
    fetch=fetch,
    parse=parse,
    flows=flows,
    release_date=release_date,
    is_modelled=False,
    is_harmonised=False,
    by_hand="Where the API cannot be reached, bring a CSV in UTF-8 with the header "
    "iso_code,unhcr_code,name,unhcr_region,unsd_region,unsd_subregion,unsd_imregion: ISO alpha-3, "
    "UNHCR's code, the name, and the regions, each of them empty where there is none.",
)
