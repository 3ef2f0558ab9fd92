"""Eurostat's flags before and since 27 January 2025, in each dataset and each file format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import ReleaseFile, Source
from fcm_migration.sources.eurostat import asylum_decisions, asylum_monthly
from tests.sources.eurostat_files import Grid, as_cube, dump, grid, reading, tsv

FILES = {
    asylum_monthly.SOURCE: "migr_asyappctzm_citizen_TOTAL.tsv",
    asylum_decisions.SOURCE: "migr_asydcfstq_citizen_TOTAL.tsv",
}
FORMATS: dict[str, Callable[[Grid], bytes]] = {"tsv": tsv, "json": lambda rows: dump(as_cube(rows))}
Shown = tuple[int | None, bool, str]
# What is read of a text: the count, whether it is withheld, and the flags.
TEXTS: dict[str, Shown] = {
    # a figure nobody may see
    ": c": (None, True, "c"),
    ": C": (None, True, "C"),
    ": N": (None, True, "N"),
    ": P": (None, True, "P"),
    ": @C": (None, True, "C"),
    ": @N": (None, True, "N"),
    ": @P": (None, True, "P"),
    ": pC": (None, True, "pC"),
    ": p@C": (None, True, "pC"),
    ": p C": (None, True, "pC"),
    ": p @C": (None, True, "pC"),
    ": bd@N": (None, True, "bdN"),
    ": C p": (None, True, "pC"),
    # what cannot exist is neither a figure nor withheld
    ": m": (None, False, "m"),
    ": z": (None, False, "z"),
    ": bm": (None, False, "bm"),
    # a figure that is printed is not withheld
    "125 @P": (125, False, "P"),
    "125 pN": (125, False, "pN"),
    "125 C": (125, False, "C"),
}


def first_row(source: Source, folder: Path, suffix: str, texts: Sequence[str]) -> list[Shown]:
    """What is read of the fixture's first row with these texts in its first periods."""
    rows = grid(source.source_id, FILES[source])
    rows[1][1 : 1 + len(texts)] = texts
    (table,) = source.tables
    core = reading(source, folder, FORMATS[suffix](rows), suffix=suffix).tables[table.name]
    names = rows[0][0].partition("\\")[0].split(",")
    code = dict(zip(names, rows[1][0].split(","), strict=True))
    row = core.filter(
        pl.col(table.key[2]) == (code.get("applicant") or code["decision"]),
        geo_code=code["geo"],
        citizen_code=code["citizen"],
    ).sort(pl.col(table.period or ""))
    return row.select(*table.measures, "is_suppressed", "observation_flag").head(len(texts)).rows()


@pytest.fixture(
    scope="module",
    params=[(source, suffix) for source in FILES for suffix in FORMATS],
    ids=lambda param: f"{param[0].source_id}-{param[1]}",
)
def shown(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Shown]:
    """What is read of each text."""
    source, suffix = request.param
    found = first_row(source, tmp_path_factory.mktemp("flags"), suffix, list(TEXTS))
    return dict(zip(TEXTS, found, strict=True))


@pytest.mark.parametrize("text", TEXTS)
def test_flags_say_whether_a_figure_is_withheld(shown: dict[str, Shown], text: str) -> None:
    assert shown[text] == TEXTS[text]


@pytest.mark.parametrize("text", [": @", ": X", ": CN", ": @p", "12x", ": @C@N", "C"])
def test_any_other_text_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(LayoutError, match="neither a whole number nor a declared mark"):
        first_row(asylum_monthly.SOURCE, tmp_path, "tsv", [text])


@pytest.mark.parametrize(("flag", "withheld"), [("C", True), ("@N", True), ("m", False)])
def test_a_data_explorer_file_may_bear_them_too(tmp_path: Path, flag: str, withheld: bool) -> None:
    header = '"TIME","GEO","CITIZEN","SEX","AGE","ASYL_APP","UNIT","Value","Flag and Footnotes"'
    lines = [
        f'"2008M01","{geo}","Total","Total","Total","{kind}","Person",{cell}'
        for geo, cell in (("Czechia", '"5",""'), ("Germany", f'":","{flag}"'))
        for kind in ("Asylum applicant", "First time applicant")
    ]
    path = tmp_path / "migr_asyappctzm_1_Data.csv"
    path.write_bytes("\r\n".join([header, *lines, ""]).encode("latin-1"))
    source = asylum_monthly.SOURCE
    core = source.parse([ReleaseFile(path.name, path)]).tables[source.tables[0].name]
    germany = core.filter(geo_code="DE")
    assert germany.get_column("applicants_persons").to_list() == [None, None]
    assert germany.get_column("is_suppressed").to_list() == [withheld, withheld]
