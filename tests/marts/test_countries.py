"""Labels resolve exactly or not at all."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import UsageError
from fcm_migration.marts.countries import aliases, resolve
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import TOTAL
from tests.toy import write_aliases


def test_exact_match_only_and_na_is_a_label(tmp_path: Path) -> None:
    known = aliases(write_aliases(tmp_path, {"NA": "NAM", "Niger": "NER"}), "toy")
    draft = pl.DataFrame({"origin_label": ["NA", "Niger", "niger", "Nigeria", TOTAL]})
    resolved, unresolved = resolve(draft, known)
    assert sorted(resolved.get_column("origin_iso3")) == ["NAM", "NER", "total"]
    assert sorted(unresolved.get_column("origin_label")) == ["Nigeria", "niger"]


def test_an_accent_of_its_own_is_the_same_label(tmp_path: Path) -> None:
    """A decomposed "Côte d'Ivoire" looks like the composed one and is other bytes."""
    composed = "C\u00f4te d'Ivoire"
    decomposed = "Co\u0302te d'Ivoire"
    for written, read in ((composed, decomposed), (decomposed, composed)):
        known = aliases(write_aliases(tmp_path, {written: "CIV"}), "toy")
        resolved, held = resolve(pl.DataFrame({"origin_label": [read]}), known)
        assert resolved.get_column("origin_iso3").to_list() == ["CIV"]
        assert held.is_empty()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("label,iso\nA,B\n", "another header"),
        ("label,origin_iso3,origin_class,note\nA,AAA,country,\nA,BBB,country,\n", "label twice"),
        ("label,origin_iso3,origin_class,note\nA,AAA,planet,\n", "class 'planet'"),
    ],
)
def test_a_broken_alias_table_is_refused(tmp_path: Path, text: str, words: str) -> None:
    write_aliases(tmp_path, {})
    (tmp_path / "country_aliases" / "toy.csv").write_text(text)
    with pytest.raises(UsageError, match=words):
        aliases(tmp_path, "toy")


def test_a_missing_alias_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing"):
        aliases(tmp_path, "toy")


@pytest.mark.parametrize("scheme", sorted({s.country_scheme for s in SOURCES}))
def test_reviewed_tables_are_sound(scheme: str) -> None:
    frame = aliases(REFERENCE_DIR, scheme)
    country = frame.filter(pl.col("origin_class") == "country").get_column("origin_iso3")
    assert country.str.contains("^[A-Z]{3}$").all()
    rest = frame.filter(pl.col("origin_class") != "country").get_column("origin_iso3")
    assert not rest.is_in(country.to_list()).any()
