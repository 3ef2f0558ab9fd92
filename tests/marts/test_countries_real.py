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
    ("us_ohss_usbp", "../fresh/us_ohss_usbp/*.xlsx"),
    ("us_ohss_monthly", "../fresh/us_ohss_monthly_tables/*.xlsx"),
    ("us_cbp_nationwide", "../fresh/us_cbp_nationwide/*.csv"),
    ("uk_irregular_migration", "../fresh/uk_home_office_irr/*.xlsx"),
    (
        "uk_initial_decisions",
        "../fresh/uk_home_office_quarterly/humaniverse_decisions_resettlement.csv.gz",
    ),
    (
        "uk_awaiting_decision",
        "../fresh/uk_home_office_quarterly/humaniverse_awaiting_decision.csv.gz",
    ),
    ("uk_asylum_support", "../fresh/uk_home_office_quarterly/humaniverse_support_received.csv.gz"),
    ("uk_returns", "../fresh/uk_home_office_quarterly/humaniverse_returns.csv.gz"),
    ("unhcr_asylum_applications", "../fresh/unhcr/releases/asylum_applications__*.parquet"),
    ("unhcr_asylum_decisions", "../fresh/unhcr/releases/asylum_decisions__*.parquet"),
    ("unhcr_population", "../fresh/unhcr/releases/population__*.parquet"),
    ("ca_ircc_asylum", "ca_ircc_asylum/*.xlsx"),
    ("iom_darien", "iom_darien/*.csv"),
)
# Long ones: `make test` reads one release of each of the other sources.
LONG = ("unhcr_asylum_applications", "unhcr_asylum_decisions", "unhcr_population", "unhcr_monthly")
CASES = [pytest.param(*f, marks=[pytest.mark.torture] if f[0] in LONG else []) for f in FILES]
# Other files of a publisher whose vocabulary is reviewed: scheme, file, column of labels.
VOCABULARIES = (
    ("home_office", "uk_home_office_quarterly/*.csv*", "Nationality"),
    ("home_office", "../fresh/uk_home_office_quarterly/*.csv.gz", "Nationality"),
    ("home_office", "../fresh/uk_home_office_vintages/*.parquet", "Nationality"),
    ("us_cbp", "../fresh/us_cbp_sbo/dashboard_vintages/*.csv.gz", "Citizenship Grouping"),
    ("us_cbp_nationwide", "../fresh/us_cbp_nationwide/*.csv", "Citizenship"),
    ("ircc_citizenship", "../fresh/ca_annual/ircc_asylum_by_country.csv", "country"),
    ("ca_irb", "../fresh/ca_annual/ircc_asylum_by_country.csv", "country"),
    ("ucdp", "../fresh/ucdp/*.csv", "country"),
)
# A kind of support that stands where a nationality should, and the margin of all groups.
NO_ORIGINS = ("N/A - ", "all")


def there(shared_data: Path, pattern: str) -> list[Path]:
    """The files of a pattern; a folder that is not beside the data is skipped, visibly."""
    folder, _, name = pattern.rpartition("/")
    place = shared_data / folder
    if not place.is_dir():
        pytest.skip(f"{folder} is not beside the publishers' real files")
    paths = sorted(place.glob(name))
    assert paths, pattern
    return paths


@pytest.mark.parametrize(("scheme", "pattern", "column"), VOCABULARIES)
def test_every_label_of_a_publisher_is_reviewed(
    shared_data: Path, scheme: str, pattern: str, column: str
) -> None:
    known = set(aliases(REFERENCE_DIR, scheme).get_column("label"))
    for path in there(shared_data, pattern):
        read = pl.read_parquet if path.suffix == ".parquet" else pl.read_csv
        frame = read(path, **({} if read is pl.read_parquet else {"infer_schema": False}))  # type: ignore[operator]
        if column not in frame.columns:
            continue
        labels = frame.get_column(column).drop_nulls().unique()
        unknown = {text for text in labels if not text.startswith(NO_ORIGINS)} - known
        assert unknown == set(), path.name


def test_bhutan_is_a_country_of_origin_for_the_united_states() -> None:
    known = aliases(REFERENCE_DIR, "us_dhs")
    assert known.filter(label="Bhutan").get_column("origin_iso3").to_list() == ["BTN"]


@pytest.mark.parametrize(("source_id", "pattern"), CASES, ids=lambda value: Path(value).name)
def test_every_label_resolves(shared_data: Path, source_id: str, pattern: str) -> None:
    source = BY_ID[source_id]
    paths = there(shared_data, pattern)
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
