"""The campaign of changed releases in small, and that it would see what is wrong."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import Parsed, ReleaseFile
from tests.torture import mutate
from tests.torture.mutations import MUTATIONS, Accident

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("files", [160, pytest.param(700, marks=pytest.mark.torture)])
def test_every_changed_release_says_the_same_or_is_refused(files: int) -> None:
    cases = mutate.campaign(files)
    assert [item for item in cases if item.outcome == "wrong"] == []
    outcomes = defaultdict(set)
    for item in cases:
        outcomes[item.base].add(item.outcome)
    assert {name for name, met in outcomes.items() if not met >= {"same", "refused"}} == set()
    assert {name.partition(",")[0] for name in outcomes} == {s.source_id for s in SOURCES}
    assert {item.mutation for item in cases} == set(MUTATIONS)


def test_figures_read_from_a_damaged_file_count_as_wrong(tmp_path: Path) -> None:
    """A parser that takes each mark for zero, and one that fails in an unforeseen way, are seen."""
    (base,) = mutate.bases(["au_boat_arrivals"], tmp_path)

    def lenient(files: list[ReleaseFile]) -> Parsed:
        text = files[0].path.read_text(encoding="utf-8")
        header, body = text.split("\n", 1)
        body = re.sub(r",[^0-9,\n]+$", ",0", body, flags=re.MULTILINE)
        files[0].path.write_text(f"{header}\n{body}", encoding="utf-8")
        return base.source.parse(files)

    def broken(files: list[ReleaseFile]) -> Parsed:
        raise AssertionError(files)

    loose = replace(base, source=replace(base.source, parse=lenient), from_sheets=None)
    cases = [mutate.case(loose, number, "marks", 1, tmp_path) for number in range(60)]
    assert "wrong" in {item.outcome for item in cases}
    odd = replace(base, source=replace(base.source, parse=broken), from_sheets=None)
    assert mutate.case(odd, 1, "marks", 1, tmp_path).outcome == "wrong"


def test_each_accident_leaves_the_good_release_as_it_was(tmp_path: Path) -> None:
    (base,) = mutate.bases(["unhcr_nowcasting"], tmp_path)
    before = base.release.content("page-001.json")
    for name, mutation in MUTATIONS.items():
        mutation(Accident(base.release.copy(), Random(1)))  # noqa: S311
        assert base.release.content("page-001.json") == before, name


def test_two_processes_meet_the_same_as_one() -> None:
    only = ["au_boat_arrivals"]
    assert mutate.campaign(24, source_ids=only, jobs=2) == mutate.campaign(24, source_ids=only)
