"""The command ``fcm``: the whole job without Dagster.

Exit codes: 0 done; 1 a bug; 2 wrong usage; 3 a source's data refused; 4 a critical check failed;
5 another refresh is running; 6 the published edition is missing or damaged.
"""

from fcm_migration.cli.app import cli
from fcm_migration.cli.entry import main

__all__ = ["cli", "main"]
