"""The page on reliability says what the records hold, and says where there is none."""

from __future__ import annotations

from pathlib import Path

from fcm_migration.config import PROJECT_ROOT
from tests.torture import page
from tests.torture.campaigns import CAMPAIGNS, FOLDER, KILLS, Record, last, record


def test_the_page_in_the_repository_is_of_the_records_in_the_repository() -> None:
    text = page.render({item.name: last(item, FOLDER) for item in CAMPAIGNS})
    assert page.PAGE.read_text(encoding="utf-8") == text, "run: python -m tests.torture.page"


def test_the_page_gives_counts_and_says_what_was_not_run(tmp_path: Path) -> None:
    record(Record("kills", 500, 1, 498, 1, 2.5, {"ended before": 12}, ("So be it.",)), tmp_path)
    text = page.render({item.name: last(item, tmp_path) for item in CAMPAIGNS})
    assert f"| {KILLS.title} | 500 | 1 | 498 | 1 |" in text
    assert "Counted: ended before: 12. So be it." in text
    assert text.count("not run at full length") == len(CAMPAIGNS) - 1


def test_make_torture_runs_each_campaign_once_as_the_page_says() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.partition("\ntorture:")[2].partition("\n\n")[0].splitlines()[1:]
    run = [line.strip().removeprefix("@$(BIN)/") for line in recipe]
    assert sorted(run) == sorted(item.command for item in CAMPAIGNS)
