"""``python -m dagster_project``: the UI and its daemon, for ``make ui``."""

from __future__ import annotations

import argparse
import sys

from dagster_project.serve import serve
from fcm_migration.config import home
from fcm_migration.errors import FcmError


def main() -> int:
    """Parse the arguments and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m dagster_project",
        description="Serve the Dagster UI and its daemon.",
        epilog="Example: python -m dagster_project --port 3000",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--read-only", action="store_true", help="nothing can be started")
    parser.add_argument(
        "--behind-proxy", action="store_true", help="a proxy with a login stands before it"
    )
    given = parser.parse_args()
    try:
        return serve(
            home(),
            host=given.host,
            port=given.port,
            read_only=given.read_only,
            behind_proxy=given.behind_proxy,
        )
    except FcmError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
