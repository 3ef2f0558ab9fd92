"""First-instance decisions on asylum in Europe, quarterly since 2008 (Eurostat, migr_asydcfstq)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import EUROSTAT_REUSE
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.periods import quarter_start
from fcm_migration.sources.base import Parsed, ReleaseFile, Source
from fcm_migration.sources.eurostat import asylum as eurostat_asylum
from fcm_migration.sources.eurostat.asylum import Layout
from fcm_migration.sources.eurostat.asylum_codes import CITIZEN_CODE, FLAG, GEO_CODE, IS_SUPPRESSED
from fcm_migration.sources.eurostat.asylum_flows import drafts, few_reporters_marks

DECISIONS = {
    "TOTAL": "all decisions",
    "TOTAL_POS": "positive ones",
    "GENCONV": "refugee status",
    "SUB_PROT": "subsidiary protection",
    "HUMSTAT": "humanitarian status",
    "TEMP_PROT": "temporary protection",
    "REJECTED": "rejections",
}
LAYOUT = Layout(
    dataset="migr_asydcfstq",
    frequency="Q",
    period="quarter_start_date",
    start=quarter_start,
    category="decision_code",
    dimensions=("decision",),
    codes={code: code for code in DECISIONS},
    labels={"Total": "TOTAL", "Total positive decisions": "TOTAL_POS", "Rejected": "REJECTED"},
    value="decisions_persons",
    needed=("TOTAL", "TOTAL_POS"),
    first=date(2008, 1, 1),
)
TABLE = Table(
    "core",
    "eurostat_asylum_decisions",
    "First-instance decisions by reporting country, citizenship and outcome.",
    "reporting country or aggregate, citizenship, outcome and quarter",
    (
        GEO_CODE,
        CITIZEN_CODE,
        Column(
            "decision_code",
            "string",
            f"Outcome: {', '.join(f'{code} {words}' for code, words in DECISIONS.items())}.",
            allowed=tuple(DECISIONS),
        ),
        Column("quarter_start_date", "date", "First day of the calendar quarter."),
        Column(
            "decisions_persons",
            "integer",
            "Persons decided on, rounded to 5; null where withheld or impossible.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        IS_SUPPRESSED,
        FLAG,
    ),
    LAYOUT.key,
    source_id="eurostat_asylum_decisions",
    caveats=(
        *eurostat_asylum.CAVEATS,
        "Decisions of a quarter are on applications of earlier quarters: a share of positive "
        "decisions is not the share of applicants who are recognised.",
        "The United Kingdom is in it until the second quarter of 2020.",
    ),
    period="quarter_start_date",
    partial="is_partial",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read TSV, JSON-stat or Data Explorer files of one release."""
    parsed = eurostat_asylum.parse_files(files, LAYOUT, TABLE.name)
    frame = parsed.tables[TABLE.name].select(TABLE.column_names)
    return Parsed({TABLE.name: frame}, parsed.marks, parsed.notes, parsed.layout)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return all and positive decisions, by each reporter and the Union."""
    indicators = {"TOTAL": "first_instance_decisions", "TOTAL_POS": "first_instance_positive"}
    return drafts(tables[TABLE.name], LAYOUT, indicators)


SOURCE = Source(
    source_id="eurostat_asylum_decisions",
    title="First-instance decisions on asylum applications in European countries by quarter",
    publisher=eurostat_asylum.PUBLISHER,
    landing_url="https://ec.europa.eu/eurostat/databrowser/view/migr_asydcfstq/default/table",
    hosts=eurostat_asylum.HOSTS,
    licence=EUROSTAT_REUSE,
    cadence=Cadence(
        "quarterly, about three months after the quarter", "53 6 * * 3", 230, 91, lag_days=90
    ),
    revision_habit="Every quarterly update adds late reporters and revises earlier quarters.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="eurostat",
    absent_is_zero=False,
    fetch=eurostat_asylum.fetcher(LAYOUT, ("TOTAL", "TOTAL_POS")),
    parse=parse,
    flows=flows,
    incomplete=few_reporters_marks(TABLE.name, LAYOUT),
    release_date=eurostat_asylum.release_date,
    is_modelled=False,
    by_hand="In Eurostat's data browser open migr_asydcfstq, choose total sex and age, persons, "
    "all and positive decisions, and download the TSV (or JSON-stat); then run: "
    "fcm ingest eurostat_asylum_decisions FILE...",
)
