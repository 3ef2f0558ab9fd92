"""The figures README states are those of the generated pages on skill."""

from __future__ import annotations

import pytest

from fcm_migration.config import PROJECT_ROOT

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
DOCS = PROJECT_ROOT / "docs"
# the pool of README's table of forecasts after the years of surges, as its heading on the page
POOL = "### `us_cbp_sbo/land_border_encounters/M`"


def rows(text: str, start: str) -> list[list[str]]:
    """Return the cells of the first table after a text."""
    _, _, after = text.partition(start)
    lines = after.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def test_the_alerts_of_both_periods_are_those_of_the_page() -> None:
    page = (DOCS / "alert_skill.md").read_text(encoding="utf-8")
    if "## In short" not in page:
        pytest.skip("docs/alert_skill.md was written before it compared two periods")
    shown = rows(README, "95 % intervals over")
    assert len(shown) > 4
    assert shown == rows(page, "## In short")


def test_the_forecasts_after_the_surges_are_those_of_the_page() -> None:
    page = (DOCS / "forecast_skill.md").read_text(encoding="utf-8")
    known = {row[0]: row for row in rows(page, POOL)}
    for ahead, origins, wis, inside in rows(README, "How the forecasts did")[2:]:
        row = known[ahead]
        assert origins == row[3]
        assert wis.lstrip("0") == row[4].split()[0].lstrip("0")
        assert inside == f"{row[5].split()[1]} of 100"
