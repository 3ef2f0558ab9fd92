"""Toy editions for the explorer: one with an earlier release, and one full of hostile labels."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from tests.toy_home import copy_home, give

# labels that would do harm if they became markup, or a formula of a spreadsheet
MARKUP = "<img src=x onerror=\"document.title='harmed'\"></script><script>alert(1)</script>"
QUOTED = "\" onload='alert(1)' x=\""
TURNED = "\u202eevil\u202c"
FORMULA = '=HYPERLINK("https://x.example")'
SECOND = "2024-03-15"


def revised_toy(published: Context, folder: Path) -> Context:
    """Return a toy home with a second release, which revises the newest month of Chad."""
    context = copy_home(published, folder)
    give(context, SECOND, last="7")
    refresh(context)
    return context


def hostile_file(published: Context, folder: Path) -> Path:
    """Return a published file whose labels are markup, formulas and marks that turn text."""
    file = folder / "fcm_migration.duckdb"
    shutil.copyfile(published.home.published, file)
    file.chmod(0o600)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "UPDATE meta.countries SET country_name = "
            "CASE country_code WHEN 'TCD' THEN ? ELSE ? || country_code END",
            [FORMULA, MARKUP],
        )
        connection.execute(
            "UPDATE meta.sources SET title = ?, publisher = ?, landing_url = 'javascript:alert(1)'",
            [TURNED + FORMULA, QUOTED],
        )
    return file
