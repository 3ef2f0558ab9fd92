"""Breaks: every one finds its series, the panel keeps no figure of another quantity."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import polars_schema
from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import ConformError, UsageError
from fcm_migration.marts.reviewed import (
    BREAKS,
    FILES,
    SELECTORS,
    SERIES_BREAKS,
    read_reviewed,
    series_breaks,
    without_cuts,
)
from fcm_migration.marts.splices import SPLICE_SOURCES, SPLICES
from fcm_migration.marts.tables import SERIES_INDEX
from fcm_migration.sources import SOURCES

NAMES = {source.source_id for source in SOURCES} | set(SPLICE_SOURCES)


def index(*series: tuple[str, str, str, str]) -> pl.DataFrame:
    """Simulated entries: series_id, source, destination, population group; 2000 to 2024."""
    rows = [
        {
            **dict.fromkeys(SERIES_INDEX.column_names),
            "series_id": series_id,
            "source_id": source,
            "indicator": "border_encounters",
            "destination_iso3": destination,
            "origin_iso3": "total",
            "route": "all",
            "place": "all",
            "population_group": group,
            "frequency": "M",
            "first_period": date(2000, 1, 1),
            "last_period": date(2024, 12, 1),
        }
        for series_id, source, destination, group in series
    ]
    return pl.DataFrame(rows, schema=polars_schema(SERIES_INDEX))


def entry(**said: object) -> dict[str, object]:
    """A break of everything unless said otherwise."""
    return {
        "break_id": "b",
        **{f"{name}_selector": "*" for name in SELECTORS},
        "break_first_date": None,
        "break_last_date": None,
        "break_kind": "unit",
        "treatment": "cut",
        "words": "w",
        "evidence": "e",
        "reviewed_date": date(2026, 1, 1),
        **said,
    }


def breaks(*entries: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(entries), schema=polars_schema(BREAKS))


def found(series: pl.DataFrame, *entries: dict[str, object]) -> list[tuple[str, str]]:
    made = series_breaks(series, breaks(*entries))
    return sorted(made.select("series_id", "break_id").rows())


def test_the_reviewed_files_name_sources_and_indicators_there_are() -> None:
    known = read_reviewed(REFERENCE_DIR, "breaks.csv")
    named = {name for text in known.get_column("source_id_selector") for name in text.split("|")}
    assert named - {"*"} <= NAMES
    pairs = read_reviewed(REFERENCE_DIR, "overlaps.csv")
    assert {*pairs.get_column("source_id"), *pairs.get_column("other_source_id")} <= NAMES
    indicators = {
        name for text in known.get_column("indicator_selector") for name in text.split("|")
    }
    assert indicators - {"*"} <= set(SERIES_INDEX.column("indicator").allowed or ())
    assert len(known) > 40
    scenarios = read_reviewed(REFERENCE_DIR, "scenarios.csv")
    assert len(scenarios) >= 6
    named = {n for text in scenarios.get_column("source_id_selector") for n in text.split("|")}
    assert named <= NAMES
    # what the issue of this table asks for by name
    assert {"title-42-us_ohss_usbp", "ca-stca", "unhcr-aus-2024", "ohss-family-status"} <= set(
        known.get_column("break_id")
    )


def test_a_splice_carries_every_break_of_its_parts() -> None:
    """What makes single adults before October 2011 another quantity does so in the long series."""
    known = read_reviewed(REFERENCE_DIR, "breaks.csv")
    spans = {"first_period": date(1999, 10, 1), "last_period": date(2025, 8, 1)}
    for declared in SPLICES:
        parts = (declared.earlier, declared.later)
        rows = [
            {
                **dict.fromkeys(SERIES_INDEX.column_names),
                "series_id": series_id,
                **dict(zip(SELECTORS, series_id.split("/"), strict=True)),
                **spans,
            }
            for series_id in (*parts, declared.series_id())
        ]
        made = series_breaks(pl.DataFrame(rows, schema=polars_schema(SERIES_INDEX)), known)
        said = {
            name: set(
                made.filter(pl.col("series_id") == name)
                .select("break_first_date", "break_last_date", "break_kind", "treatment")
                .rows()
            )
            for name in (*parts, declared.series_id())
        }
        assert said[parts[0]] | said[parts[1]] <= said[declared.series_id()], declared


def test_a_selector_is_any_one_or_several_values() -> None:
    series = index(("a", "s1", "USA", "all"), ("b", "s2", "CAN", "all"), ("c", "s3", "USA", "x"))
    assert found(series, entry()) == [("a", "b"), ("b", "b"), ("c", "b")]
    assert found(series, entry(source_id_selector="s1|s2")) == [("a", "b"), ("b", "b")]
    one = entry(destination_iso3_selector="USA", population_group_selector="x")
    assert found(series, one) == [("c", "b")]


@pytest.mark.parametrize(
    ("first", "last", "applies"),
    [
        (date(2010, 1, 1), None, True),
        (date(2024, 12, 1), None, True),
        (date(2024, 12, 2), None, False),
        (date(1999, 1, 1), date(1999, 12, 31), False),
        (date(1999, 1, 1), date(2000, 1, 1), True),
        (None, None, True),
    ],
)
def test_a_break_outside_a_series_is_not_of_it(
    first: date | None, last: date | None, *, applies: bool
) -> None:
    series = index(("a", "s", "USA", "all"))
    said = entry(break_first_date=first, break_last_date=last)
    assert bool(found(series, said)) is applies


def test_a_cut_leaves_out_what_came_before_and_what_lies_inside() -> None:
    months = pl.date_range(date(2020, 1, 1), date(2020, 6, 1), "1mo", eager=True)
    panel = pl.concat(
        pl.DataFrame({"series_id": [name] * 6, "period_start": months, "value": range(6)})
        for name in ("lasting", "window", "noted")
    )
    of = {
        "lasting": entry(break_first_date=date(2020, 3, 1)),
        "window": entry(break_first_date=date(2020, 2, 1), break_last_date=date(2020, 3, 31)),
        "noted": entry(break_first_date=date(2020, 3, 1), treatment="note"),
    }
    rows = [
        {"series_id": name, **{key: said[key] for key in SERIES_BREAKS.column_names[1:]}}
        for name, said in of.items()
    ]
    kept = without_cuts(panel, pl.DataFrame(rows, schema=polars_schema(SERIES_BREAKS)))
    values = {
        name: kept.filter(pl.col("series_id") == name).get_column("value").to_list() for name in of
    }
    assert values == {
        "lasting": [2, 3, 4, 5],
        "window": [0, None, None, 3, 4, 5],
        "noted": [0, 1, 2, 3, 4, 5],
    }


def test_a_broken_reviewed_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a reference table is missing"):
        read_reviewed(tmp_path, "breaks.csv")
    good = (REFERENCE_DIR / "breaks.csv").read_text()
    path = tmp_path / "breaks.csv"
    path.write_text(good.replace("treatment", "remedy", 1))
    with pytest.raises(UsageError, match="another header"):
        read_reviewed(tmp_path, "breaks.csv")
    path.write_text(good.replace(",cut,", ",forget,", 1))
    with pytest.raises(ConformError, match="forget"):
        read_reviewed(tmp_path, "breaks.csv")
    assert set(FILES) == {"breaks.csv", "overlaps.csv", "scenarios.csv"}
