"""Age and sex of displaced and stateless people by place, yearly since 2001 (UNHCR).

A separate collection: its totals need not equal those of unhcr_population. Persons; a year
between October and June holds the middle of the year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import NO_FLOWS, Limits, Parsed, ReleaseFile
from fcm_migration.sources.unhcr import tables as unhcr
from fcm_migration.sources.unhcr.api import fetcher
from fcm_migration.sources.unhcr.completeness import incomplete_years

FIRST_YEAR = 2001
# 266,661 rows take 8.4 s and 340 MB as pages, 1.4 s and 330 MB as a release file.
LIMITS = Limits(seconds=30, resident_bytes=700_000_000)
# The API leaves these four columns out, and sums over them, unless asked.
SHOWN = (
    ("ptype_show", "1"),
    ("locationDescription_show", "1"),
    ("locationUR_show", "1"),
    ("locationAccType_show", "1"),
)
WHERE = {
    "pop_type": "population_type",
    "location": "location",
    "loc_type": "location_type",
    "acc_type": "accommodation_type",
}
# Share of rows whose ages may not add up; of 266,661 rows of June 2026 there was none.
MOST_SLIPS = 0.01
SEXES = {"f": ("female", "Female"), "m": ("male", "Male")}
AGES = {
    "0_4": ("0_4", "aged 0 to 4"),
    "5_11": ("5_11", "aged 5 to 11"),
    "12_17": ("12_17", "aged 12 to 17"),
    "18_59": ("18_59", "aged 18 to 59"),
    "60": ("60_over", "aged 60 and over"),
    "other": ("age_unknown", "of unknown age"),
    "total": ("all_ages", "of all ages"),
}
COUNTS = {
    **{
        f"{sex}_{age}": (f"{word}_{years}_persons", f"{Word} persons {words}")
        for sex, (word, Word) in SEXES.items()
        for age, (years, words) in AGES.items()
    },
    "total": ("total_persons", "Everybody, sex known or not"),
}
TABLE = Table(
    "core",
    "unhcr_demographics",
    "Age and sex of displaced and stateless people, by origin, country of asylum and place.",
    "year, origin, country of asylum, population type, place, and types of place and accommodation",
    (
        *unhcr.WHO,
        Column(
            "population_type",
            "string",
            "Who is counted (pop_type): REF refugees, ASY asylum-seekers, IDP internally "
            "displaced, RET returned refugees, RDP returned displaced, STA stateless, OOC others "
            "of concern, OIP others needing protection, HST host community.",
            pattern=r"^[A-Z]{3}$",
        ),
        Column("location", "string", "Place inside the country of asylum, in UNHCR's words."),
        Column(
            "location_type",
            "string",
            "Kind of place (loc_type): U urban, R rural, V various or unknown, C camp (to 2010).",
            allowed=("C", "R", "U", "V"),
        ),
        Column(
            "accommodation_type",
            "string",
            "Accommodation (acc_type): I individual, P planned camp, S self-settled camp, "
            "C collective centre, R reception or transit camp, U undefined.",
            allowed=("C", "I", "P", "R", "S", "U"),
        ),
        *(
            Column(
                name,
                "integer",
                f"{words} ({api}).",
                unit="persons",
                nullable=api != "total",
                minimum=0,
            )
            for api, (name, words) in COUNTS.items()
        ),
    ),
    ("year", "origin_unhcr_code", "asylum_unhcr_code", *WHERE.values()),
    source_id="unhcr_demographics",
    caveats=(
        *unhcr.CAVEATS,
        "Where female and male together are fewer than the total, sex and age were not reported "
        "for the rest: a zero there is no count. Say the share known beside every share quoted.",
        "A place under two kinds of place or accommodation has two rows; sum them.",
        "Totals come from another collection than core.unhcr_population and need not equal it.",
        "Stocks, but for the returns: never summed over years.",
    ),
    period="year",
    partial="is_partial",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read API pages or a release file; see :func:`fcm_migration.sources.unhcr.tables.parse_rows`.

    A release that begins after 2001 is refused: that of 25 June 2026 lost every year but its
    newest.

    Raises:
        LayoutError: as there, or more people of known sex than people, or ages that do not add up.
    """
    names = {
        **unhcr.WHO_NAMES,
        **WHERE,
        **{api: name for api, (name, _) in COUNTS.items()},
    }
    counts = tuple(name for name, _ in COUNTS.values())
    parsed = unhcr.parse_rows(files, TABLE, names, counts, FIRST_YEAR)
    _refuse_impossible(parsed.tables[TABLE.name], files[0].name)
    return parsed


def _refuse_impossible(frame: pl.DataFrame, name: str) -> None:
    """Refuse more women and men than people, and ages that do not add up, but for a few slips."""
    known = pl.sum_horizontal("female_all_ages_persons", "male_all_ages_persons")
    more = frame.filter(known > pl.col("total_persons"))
    if not more.is_empty():
        raise LayoutError(
            f"{more.height} rows with more women and men than people",
            where=f"{name}, columns f_total, m_total, total",
            expected="f_total and m_total together at most total",
            got=more.select("year", "origin_unhcr_code", "asylum_unhcr_code").head(3).rows(),
        )
    for sex, (word, _) in SEXES.items():
        ages = [COUNTS[f"{sex}_{age}"][0] for age in AGES if age != "total"]
        off = frame.filter(pl.sum_horizontal(ages) != pl.col(f"{word}_all_ages_persons")).height
        if off > 1 + MOST_SLIPS * frame.height:
            raise LayoutError(
                f"{off} of {frame.height} rows whose ages do not make the printed total",
                where=f"{name}, columns {sex}_0_4 to {sex}_total",
                expected=f"ages and total in their own columns (off in {MOST_SLIPS:.0%} at most)",
            )


def flows(_tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return nothing: the stocks are in unhcr_population, from a complete collection."""
    return NO_FLOWS


SOURCE = unhcr.unhcr_source(
    source_id="unhcr_demographics",
    title="Age, sex and place of displaced and stateless people",
    cadence=Cadence(
        "twice a year: June (year before) and October (mid-year)", "7 5 * * 1", 300, 183
    ),
    revision_habit="Older years are practically frozen; mid-year figures are replaced each June.",
    tables=(TABLE,),
    module=__name__,
    fetch=fetcher("demographics", FIRST_YEAR, SHOWN),
    parse=parse,
    flows=flows,
    limits=LIMITS,
    incomplete=incomplete_years(TABLE, adds_up=None),
    is_modelled=False,
    is_harmonised=False,
)
