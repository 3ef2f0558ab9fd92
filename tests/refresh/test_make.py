"""A step is made again when something it depends on changes, and only then.

The fingerprints are taken of a copy of the package, in which files are changed.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import fingerprint, stamps, store
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.errors import UsageError
from fcm_migration.forecast import Settings
from fcm_migration.marts.tables import FLOWS, SERIES
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import dependencies, inputs_of, make_step, stamp_path
from fcm_migration.refresh.registry import STEPS, take_fingerprints
from fcm_migration.refresh.settling import settle_source
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.trends.breaks.tables import BREAKS_FOUND
from tests.making import step
from tests.toy import TOY

EVERY_STEP = {step.name for step in STEPS}


@dataclass
class Package:
    """A home, and a copy of the package that its fingerprints are taken of."""

    context: Context
    root: Path

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands once in a file of the copy."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        fingerprint.forget()

    def remade(self, **changed: object) -> set[str]:
        """Build and make everything; return what was not current: core, part, steps by name."""
        context = replace(self.context, **changed)  # type: ignore[arg-type]
        before = self._stamps()
        for source in context.sources:
            settle_source(context, source)
        for each in STEPS:
            make_step(context, each)
        after = self._stamps()
        return {name for name, written in after.items() if written != before.get(name)}

    def stale(self) -> set[str]:
        """Return what a refresh would make again, of inputs that lie in the home as they are."""
        context, before = self.context, self._stamps()
        found = {
            each.name
            for each in STEPS
            if stamps.made_of(stamp_path(context.home, each))
            != dependencies(each, inputs_of(context, each))
        }
        settle_source(context, TOY)
        return found | {name for name, at in self._stamps().items() if at != before[name]}

    def _stamps(self) -> Mapping[str, int]:
        home = self.context.home
        found = {path.stem: path for path in (home.cache / "steps").glob("*.json")}
        found["core"] = home.core / "toy.inputs.json"
        found["part"] = home.root / "mart" / "parts" / "toy" / "inputs.json"
        return {name: path.stat().st_mtime_ns for name, path in found.items() if path.exists()}


@pytest.fixture
def package(
    own_home: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Package]:
    """The published toy home; everything in it is current."""
    root = tmp_path / "fcm_migration"
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT_ROOT / "fcm_migration", root, ignore=left_out)
    reference = tmp_path / "reviewed"
    shutil.copytree(own_home.reference_dir, reference)
    monkeypatch.setattr(fingerprint, "ROOT", root)
    fingerprint.forget()
    yield Package(replace(own_home, reference_dir=reference), root)
    fingerprint.forget()


def test_an_unchanged_home_costs_nothing(package: Package, tmp_path: Path) -> None:
    assert package.remade() == set()
    told: list[str] = []
    elsewhere = Settings(workers=7, cache_dir=tmp_path, scheduler="tcp://127.0.0.1:1")
    assert package.remade(workers=3, scheduler="tcp://127.0.0.1:1", forecast=elsewhere) == set()
    assert package.remade(report=told.append) == set()
    assert told == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("trends/breaks/build.py", "from __future__", "# a comment\nfrom __future__"),
        ("forecast/backtesting/run.py", '"""Forecast', '"""This forecasts'),
        ("cli/app.py", 'GIVEN = "', 'GIVEN = "another_'),
        ("http/client.py", "from __future__", "ANOTHER = 1\nfrom __future__"),
        ("sources/us_cbp/sbo.py", "from __future__", "ANOTHER = 1\nfrom __future__"),
        ("studies/__init__.py", '"""', 'ANOTHER = 1\n"""'),
    ],
)
def test_what_no_step_depends_on_remakes_nothing(
    package: Package, name: str, old: str, new: str
) -> None:
    path = package.root / name
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    fingerprint.forget()
    assert text != path.read_text(encoding="utf-8")
    assert package.stale() == set()


@pytest.mark.parametrize(
    ("name", "remade"),
    [
        ("trends/breaks/statistic.py", {"breaks"}),
        ("trends/corridors/protection.py", {"corridors"}),
        ("trends/policies/displacement.py", {"policies"}),
        ("trends/facilitation/boats.py", {"facilitation"}),
        ("trends/detection/rules.py", {"alerts"}),
        ("forecast/selection/shares.py", {"forecast"}),
        ("forecast/coherence/hierarchy.py", {"coherence"}),
        ("forecast/scenarios/mixture.py", {"scenarios"}),
        ("marts/splices.py", {"panel", "forecast", "alerts"}),
        ("core/vintages.py", {"core", "nowcast", "alerts", "metadata"}),
        ("archive/suspicion.py", {"core", "metadata"}),
        ("metadata/build.py", {"metadata"}),
        ("refresh/step.py", EVERY_STEP),
        ("errors.py", {"core", "part", *EVERY_STEP}),
    ],
)
def test_a_changed_constant_remakes_what_depends_on_it(
    package: Package, name: str, remade: set[str]
) -> None:
    """What only reads its tables is not: they come out as they were."""
    with (package.root / name).open("a", encoding="utf-8") as file:
        file.write("\n\nANOTHER = 1\n")
    fingerprint.forget()
    assert package.stale() == remade


@pytest.mark.parametrize("name", ["marts/splices.py", "core/vintages.py"])
def test_what_is_stale_is_what_a_refresh_makes_again(package: Package, name: str) -> None:
    with (package.root / name).open("a", encoding="utf-8") as file:
        file.write("\n\nANOTHER = 1\n")
    fingerprint.forget()
    stale = package.stale()
    assert package.remade() | {"core"} & stale == stale
    assert package.stale() == set()


def test_code_that_changes_during_a_refresh_is_not_stamped(package: Package) -> None:
    """What runs was loaded before: it is stamped as the code it is."""
    take_fingerprints(package.context.sources)
    with (package.root / "trends" / "breaks" / "statistic.py").open("a") as file:
        file.write("\n\nANOTHER = 1\n")
    assert package.remade() == set()
    fingerprint.forget()  # as the next process does
    assert package.stale() == {"breaks"}


def test_a_changed_declaration_of_a_source_remakes_what_depends_on_it(package: Package) -> None:
    cadence = dataclasses.replace(TOY.cadence, lag_days=TOY.cadence.lag_days + 1)
    assert package.remade(sources=(replace(TOY, cadence=cadence),)) == {"alerts"}
    assert package.remade(sources=(TOY,)) == {"alerts"}
    unmodelled = package.remade(sources=(replace(TOY, is_modelled=False),))
    assert {"forecast", "scenarios"} <= unmodelled
    assert not unmodelled & {"core", "part", "harmonise", "panel", "breaks", "alerts"}
    package.remade(sources=(TOY,))
    # nothing is absent from the toy's release, so the panel comes out as it was
    assert package.remade(sources=(replace(TOY, absent_is_zero=False),)) == {"panel"}


def test_a_changed_setting_remakes_the_forecasts(package: Package) -> None:
    assert "forecast" in package.remade(forecast=replace(Settings(), shrink=60.0))


def test_a_changed_reviewed_file_remakes_what_reads_it(package: Package) -> None:
    def quote_the_header(name: str) -> None:
        path = package.context.reference_dir / name
        header, rest = path.read_text().split("\n", 1)
        quoted = ",".join(f'"{column}"' for column in header.split(","))
        path.write_text(f"{quoted}\n{rest}")

    quote_the_header("policy_events.csv")
    assert package.remade() == {"breaks", "policies", "alerts"}
    quote_the_header("scenarios.csv")
    assert package.remade() == {"scenarios"}
    quote_the_header("breaks.csv")
    assert package.remade() == {"harmonise", "panel", "alerts"}
    quote_the_header("country_aliases/toy.csv")
    assert package.remade() == {"part", "harmonise", "alerts"}


@pytest.mark.parametrize("each", STEPS, ids=lambda step: step.name)
def test_a_table_that_is_gone_or_another_is_made_again(own_home: Context, each: Step) -> None:
    first = make_step(own_home, each)
    table = each.makes[0]
    path = first[table.full_name].path
    path.unlink()
    assert make_step(own_home, each) == first
    frame = store.read(path, table)
    if not frame.is_empty():
        store.write(frame.head(frame.height - 1), table, path)
        assert make_step(own_home, each) == first


def _reading(reads: Callable[[Inputs], object]) -> Step:
    def make(inputs: Inputs) -> Made:
        reads(inputs)
        return {BREAKS_FOUND: pl.DataFrame()}

    return Step("undeclared", "undeclared", (BREAKS_FOUND,), make, reads=(FLOWS,))


def test_a_step_reads_only_what_it_declares(own_home: Context) -> None:
    with pytest.raises(UsageError, match="a step reads only what it declares") as told:
        make_step(own_home, _reading(lambda inputs: inputs.read(SERIES)))
    assert told.value.got == "mart.series"
    with pytest.raises(UsageError, match="a step reads only what it declares"):
        make_step(own_home, _reading(lambda inputs: inputs.file("breaks.csv")))


def test_a_step_returns_the_tables_it_declares(own_home: Context) -> None:
    nothing = Step("nothing", "nothing", (BREAKS_FOUND,), lambda _inputs: {})
    with pytest.raises(UsageError, match="did not return the tables it declares"):
        make_step(own_home, nothing)


def test_a_missing_reviewed_file_is_named(own_home: Context, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a reference table is missing") as told:
        inputs_of(replace(own_home, reference_dir=tmp_path), step("scenarios"))
    assert told.value.where == "scenarios.csv"
