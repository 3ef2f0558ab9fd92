"""Every label of every real file is reviewed: a country, or an explicit class of non-country."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.marts.countries import aliases
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import ReleaseFile
from tests.sources.reading import conformed

pytestmark = pytest.mark.shared_data

BY_ID = {source.source_id: source for source in SOURCES}
# Each pattern is a release by itself but where several files are one (IOM's years).
FILES = (
    ("us_ohss_usbp", "us_ohss_usbp/*.xlsx"),
    ("us_cbp_sbo", "us_cbp_sbo/*.csv"),
    ("uk_irregular_migration", "uk_home_office_quarterly/humaniverse_irregular_migration.csv"),
    ("uk_asylum_claims", "uk_home_office_quarterly/humaniverse_applications_from_rda.csv.gz"),
    ("unhcr_asylum_applications", "unhcr/releases/asylum_applications__*.parquet"),
    ("unhcr_asylum_decisions", "unhcr/releases/asylum_decisions__*.parquet"),
    ("unhcr_population", "unhcr/releases/population__*.parquet"),
    ("unhcr_solutions", "unhcr/solutions__*.parquet"),
    ("unhcr_monthly", "unhcr_monthly/*.csv"),
    ("unhcr_monthly", "unhcr_monthly/releases/*.csv.gz"),
    ("frontex_ibc", "frontex/ibc.xlsx"),
    ("frontex_ibc", "frontex/releases/*.parquet"),
    ("eurostat_asylum_monthly", "eurostat/migr_asyappctzm__*.tsv"),
    ("eurostat_asylum_decisions", "eurostat/migr_asydcfstq__*.tsv"),
    ("ucdp_ged", "ucdp/hdx_fixture_download.zip"),
)


@pytest.mark.parametrize(("source_id", "pattern"), FILES, ids=lambda value: Path(value).name)
def test_every_label_resolves(shared_data: Path, source_id: str, pattern: str) -> None:
    source = BY_ID[source_id]
    paths = sorted(shared_data.glob(pattern))
    assert paths, pattern
    for path in paths:
        parsed = conformed(source, source.parse([ReleaseFile(path.name, path)]))
        core = {
            name: frame.with_columns(
                as_of_date=date(2026, 11, 1), snapshot_id=pl.lit("s"), obtained=pl.lit("inbox")
            )
            for name, frame in parsed.tables.items()
        }
        made = harmonise(source, core, aliases(REFERENCE_DIR, source.country_scheme))
        assert made.held.get_column("label").unique().to_list() == [], path.name
        assert made.flows.height > 0


def test_unhcr_s_own_list_is_covered(shared_data: Path) -> None:
    """Every code of UNHCR's list, also those no release has used."""
    listed = pl.read_csv(shared_data / "crosswalk" / "unhcr_countries.csv", infer_schema=False)
    codes = next(name for name in listed.columns if name in ("unhcr_code", "code"))
    known = set(aliases(REFERENCE_DIR, "unhcr").get_column("label"))
    assert set(listed.get_column(codes).drop_nulls()) - known == set()
