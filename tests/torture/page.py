"""Make docs/reliability.md of the campaigns and the records of their last full runs.

Example:
    python -m tests.torture.page
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from fcm_migration import store
from fcm_migration.config import PROJECT_ROOT
from tests.torture.campaigns import CAMPAIGNS, FOLDER, Campaign, last

PAGE = PROJECT_ROOT / "docs" / "reliability.md"
HEAD = """\
# What was attacked, how often, and what happened

Written by `python -m tests.torture.page` from the records in `benchmarks/results/reliability/`; do
not edit. `make torture` runs every campaign at full length and writes the records; `make test` and
`make torture-small` run small versions of them.

- **Tried**: attempts. **Failed**: attempts that broke the promise stated with the campaign.
- **Healed**: attempts after which everything was whole again with no manual step.
- **Manual**: attempts that need a step by a person, which a message names.

"""


def render(records: Mapping[str, Mapping[str, object] | None]) -> str:
    """Return the page. ``records`` holds the last record of each campaign by name."""
    rows = [_row(item, records[item.name]) for item in CAMPAIGNS]
    table = ["| campaign | tried | failed | healed | manual | day |", "|---|--:|--:|--:|--:|---|"]
    parts = [_part(item, records[item.name]) for item in CAMPAIGNS]
    return HEAD + "\n".join([*table, *rows]) + "\n\n" + "\n".join(parts)


def _row(item: Campaign, found: Mapping[str, object] | None) -> str:
    if found is None:
        return f"| {item.title} | not run at full length | | | | |"
    counts = [f"{found[name]:,}" for name in ("tried", "failed", "healed", "manual")]
    return f"| {item.title} | {' | '.join(counts)} | {found['on']} |"


def _part(item: Campaign, found: Mapping[str, object] | None) -> str:
    lines = [
        f"## {item.title}",
        f"**Must hold.** {item.promise}",
        "",
        f"**One attempt.** {item.tries}",
    ]
    lines += ["", f"    {item.command}", ""]
    if item.before:
        lines += ["What fell short before it was mended:", ""]
        lines += [*(f"- {text}" for text in item.before), ""]
    if found is not None:
        lines += [_measured(found), ""]
    return "\n".join(lines)


def _measured(found: Mapping[str, object]) -> str:
    counts, notes = found["counts"], found["notes"]
    if not isinstance(counts, dict) or not isinstance(notes, list):
        raise TypeError(f"no record of a campaign: {found}")
    said = [f"{name.replace('_', ' ')}: {_number(value)}" for name, value in counts.items()]
    run = (
        f"Last full run on {found['on']} (commit {found['commit']}, {found['processors']} "
        f"processors, {found['seconds']:,.0f} seconds)"
    )
    return " ".join([f"{run}.", *([f"Counted: {'; '.join(said)}."] if said else []), *notes])


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def main() -> None:
    """Parse the arguments and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE)
    given = parser.parse_args()
    text = render({item.name: last(item, FOLDER) for item in CAMPAIGNS})
    store.write_atomically(given.out, lambda part: part.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
