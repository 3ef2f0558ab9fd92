"""The command line on the toy source, in a process of its own: for campaigns on a cheap home."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from fcm_migration.cli import main
from tests.toy_home import toy_context

if __name__ == "__main__":
    home = Path(sys.argv[sys.argv.index("--home") + 1])
    context = toy_context(home.parent / "toy_fcm")  # the home itself is the one of the command line
    main(given=replace(context, suites_dir=home.parent / "suites"))
