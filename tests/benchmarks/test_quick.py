"""Every benchmark runs, on tiny sizes, and gives a ratio."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.__main__ import MODULES, main
from benchmarks.measure import compare

LONG = ("forecast",)
NAMES = [pytest.param(n, marks=[pytest.mark.torture] if n in LONG else []) for n in MODULES]


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_gives_a_finite_ratio(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench.json"
    assert main([name, "--quick", "--out", str(out)]) == 0
    rows = json.loads(out.read_text())["rows"]
    assert rows
    for row in rows:
        assert row["benchmark"] == name
        assert math.isfinite(row["ratio"])
        assert row["ratio"] > 0
    assert name in capsys.readouterr().out


def test_every_module_of_a_benchmark_is_registered() -> None:
    folder = Path(__file__).parents[2] / "benchmarks"
    having = {path.stem for path in folder.glob("*.py") if "def run(" in path.read_text()}
    assert having == set(MODULES.values())


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nonsense"])
    assert "no such benchmark: nonsense" in capsys.readouterr().err


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "example: python -m benchmarks" in capsys.readouterr().out


def test_both_are_warmed_up_and_run_in_turn() -> None:
    calls: list[str] = []
    compare(lambda: calls.append("a"), lambda: calls.append("b"), 3)
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab"
