"""The campaigns of kills and of pairs in small, in one process that loads everything once.

Example:
    python -m tests.torture.small_run FOLDER_OF_A_TOY_HOME --kills 2 --pairs 1
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.torture import kill, pairs, warm


def main() -> None:
    """Parse the arguments, run both, and print their records as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, help="folder of a toy home, which is copied")
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--pairs", type=int, required=True)
    given = parser.parse_args()
    is_counted = warm.start_again_with_shim("tests.torture.small_run")
    warm.load()
    found = [
        kill.campaign(given.home, given.kills, seed=7, is_counted=is_counted),
        pairs.campaign(given.home, given.pairs),
    ]
    json.dump([asdict(record) for record in found], sys.stdout)


if __name__ == "__main__":
    main()
