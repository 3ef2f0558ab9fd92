"""The campaign of hostile files in small: what once killed a refresh, then one of each kind."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.torture import hostile
from tests.torture.payloads import PAYLOADS, for_answers, for_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [
    pytest.mark.usefixtures("limited_process"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc"),
]
# One source for each kind of file.
SOURCES = (
    "us_ohss_usbp",
    "uk_small_boats",
    "us_cbp_sbo",
    "eurostat_asylum_monthly",
    "uk_small_boats_daily_page",
    "unhcr_solutions",
    "ucdp_ged",
)


def _nothing_breaks(sources: Sequence[str], payloads: Sequence[str]) -> None:
    found = hostile.campaign(sources, payloads)
    assert found
    assert [case for case in found if case.broken] == []


def test_what_killed_a_refresh_once() -> None:
    _nothing_breaks(["unhcr_nowcasting"], ["nested_tables_6_kB", "deep_arrays", "zeros"])


@pytest.mark.torture
@pytest.mark.parametrize("source_id", SOURCES)
def test_payloads_of_every_family(source_id: str) -> None:
    chosen = ["parquet_bomb", "zip_bomb", "hundred_thousand_marks", "quotes", "many_arrays"]
    _nothing_breaks([source_id], [*chosen, "nested_tables_6_kB", "book_far_cell_as_entity", "pdf"])


def test_every_kind_of_file_meets_more_than_fifty_payloads() -> None:
    for suffix in (".xlsx", ".ods", ".csv", ".tsv", ".html", ".aspx", ".json", ".parquet", ".zip"):
        names = for_kind(suffix)
        assert len(set(names)) > 51
        assert set(names) <= set(PAYLOADS)
    assert set(for_answers()) <= set(PAYLOADS)
