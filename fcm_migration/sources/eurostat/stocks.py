"""Shared by Eurostat's monthly stocks: people counted at the end of each month.

Their dimensions are freq, unit, citizen, sex, age and geo: none is their own, so that a file of
another dataset can look the same. A file is therefore read only if its name (or the JSON) names the
dataset. No file of these datasets was at hand: the dimensions, their order and the codes (sex T,
age TOTAL) are those that public programs ask Eurostat's API for, the formats those of the two
datasets of which files are held. A file that differs is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import EUROSTAT_REUSE
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.sources.base import Parsed, ReleaseFile, Source
from fcm_migration.sources.eurostat import asylum as eurostat_asylum
from fcm_migration.sources.eurostat.asylum import Layout, month_start
from fcm_migration.sources.eurostat.asylum_codes import CITIZEN_CODE, FLAG, GEO_CODE, IS_SUPPRESSED
from fcm_migration.sources.eurostat.asylum_flows import drafts, few_reporters_marks
from fcm_migration.sources.eurostat.asylum_formats import WHOLE

PERIOD = "month_start_date"
DATABROWSER = "https://ec.europa.eu/eurostat/databrowser/view"


def stock_layout(dataset: str, value: str, *, earliest: date, latest: date) -> Layout:
    """Return the layout of a monthly stock.

    Args:
        dataset: Eurostat's code.
        value: name of the column of counts.
        earliest: the earliest first month a release can have.
        latest: the latest first month a release can have.
    """
    return Layout(dataset, "M", PERIOD, month_start, value, latest, earliest)


def stock_table(
    source_id: str, layout: Layout, description: str, people: str, caveats: Sequence[str]
) -> Table:
    """Return the core table of a monthly stock; ``people`` says who is counted."""
    return Table(
        "core",
        source_id,
        description,
        "reporting country or aggregate, citizenship and month",
        (
            GEO_CODE,
            CITIZEN_CODE,
            Column(
                PERIOD, "date", "First day of the month at whose last day the people were counted."
            ),
            Column(
                layout.value,
                "integer",
                f"{people}, rounded to 5; null where withheld or impossible.",
                unit="persons",
                nullable=True,
                minimum=0,
            ),
            IS_SUPPRESSED,
            FLAG,
        ),
        layout.key,
        source_id=source_id,
        caveats=(
            "A stock at the last day of the month: never summed over months.",
            *eurostat_asylum.CAVEATS,
            *caveats,
        ),
        period=PERIOD,
        partial="is_partial",
    )


def stock_source(
    layout: Layout, table: Table, *, title: str, indicator: str, cadence: Cadence, module: str
) -> Source:
    """Return the source of a monthly stock, whose one table has one indicator."""

    def parse(files: Sequence[ReleaseFile]) -> Parsed:
        parsed = eurostat_asylum.parse_files(files, layout, table.name)
        frame = parsed.tables[table.name].select(table.column_names)
        return Parsed({table.name: frame}, parsed.marks, parsed.notes, parsed.layout)

    def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        return drafts(tables[table.name], layout, {WHOLE: indicator})

    return Source(
        source_id=table.name,
        title=title,
        publisher=eurostat_asylum.PUBLISHER,
        landing_url=f"{DATABROWSER}/{layout.dataset}/default/table",
        hosts=eurostat_asylum.HOSTS,
        licence=EUROSTAT_REUSE,
        cadence=cadence,
        revision_habit="Every monthly update adds late reporters and revises earlier months.",
        tables=(table,),
        module=module,
        country_scheme="eurostat",
        absent_is_zero=False,
        fetch=eurostat_asylum.fetcher(layout, ()),
        parse=parse,
        flows=flows,
        incomplete=few_reporters_marks(table.name, layout),
        release_date=eurostat_asylum.release_date,
        # A stock follows what is decided and who leaves as much as who comes.
        is_modelled=False,
        by_hand=f"In Eurostat's data browser open {layout.dataset}, choose total sex and age, "
        "persons and every month, and download the TSV (or JSON-stat). Keep the name it is given, "
        f"which must contain {layout.dataset}; then run: fcm ingest {table.name} FILE... The "
        "layout was never tried on a file of Eurostat's: one that differs is refused, and the "
        "message says in what.",
    )
