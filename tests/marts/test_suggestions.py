"""Suggestions for an unreviewed label: the country it names comes first."""

from __future__ import annotations

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.marts.countries import all_labels
from fcm_migration.marts.suggestions import alias_line, suggest, words_of
from fcm_migration.sources import SOURCES


@pytest.fixture(scope="module")
def known() -> pl.DataFrame:
    schemes = {source.country_scheme for source in SOURCES}
    return all_labels(lambda name: REFERENCE_DIR / name, schemes)


@pytest.mark.parametrize(
    ("label", "first"),
    [
        ("Iran (Islamic Republic of)", "Iran (IRN)"),
        ("Türkiye", "Turkey (TUR)"),
        ("Cabo Verde", "Cape Verde (CPV)"),
        ("Viet Nam", "Vietnam (VNM)"),
        ("Venezuela, Bolivarian Republic of", "Venezuela (VEN)"),
        ("RUSSIAN FEDERATION", "Russia (RUS)"),
        ("United Republic of Tanzania", "Tanzania (TZA)"),
        ("Republic of Korea", "South Korea (KOR)"),
        ("Co\u0302te d\u2019Ivoire", "Ivory Coast (CIV)"),
        ("Afganistan", "Afghanistan (AFG)"),
        ("Netherlands (Kingdom of the)", "Netherlands (NLD)"),
    ],
)
def test_the_country_of_a_label_is_suggested_first(
    known: pl.DataFrame, label: str, first: str
) -> None:
    found = suggest(label, "home_office", known)[0]
    assert found.words.endswith(first[first.index("(") :])
    assert found.words == first or found.origin_iso3 == "KOR"  # which has two labels


def test_nothing_alike_gives_no_suggestion(known: pl.DataFrame) -> None:
    assert suggest("Syldavia", "home_office", known) == []
    assert suggest("...", "home_office", known) == []


def test_words_are_compared_without_accents_case_and_punctuation() -> None:
    assert words_of("Türkiye, (Republic of)") == ("turkiye", "republic", "of")


def test_the_line_that_accepts_is_one_of_the_alias_table(known: pl.DataFrame) -> None:
    (first, *_) = suggest("Congo, Dem. Rep. of the", "home_office", known)
    line = alias_line("Congo, Dem. Rep. of the", first)
    assert line == '"Congo, Dem. Rep. of the",COD,country,'
