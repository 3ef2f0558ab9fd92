"""``python -m dagster_project``: the UI, its daemon, and the switch of what runs by itself."""

from __future__ import annotations

import argparse
import sys

from dagster_project.serve import instance_of, serve
from dagster_project.switches import switch, words
from dagster_project.web import add_arguments
from fcm_migration.config import home
from fcm_migration.errors import FcmError


def main() -> int:
    """Serve, or switch schedules and sensors, as the arguments say."""
    given = _arguments()
    try:
        if given.schedules is not None:
            return schedules(given.schedules)
        return serve(
            home(),
            host=given.host,
            port=given.port,
            read_only=given.read_only,
            behind_proxy=given.behind_proxy,
            service=given.service,
            scheduler=given.scheduler,
            only=given.only,
        )
    except FcmError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def _arguments() -> argparse.Namespace:
    """Parse the command line; arguments that do not belong together end it with code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m dagster_project",
        description="Serve the Dagster UI and its daemon, or switch its schedules.",
        epilog="Example: python -m dagster_project --port 3000",
    )
    add_arguments(parser)
    parser.add_argument(
        "--service",
        action="store_true",
        help="for unattended use: turn on schedules and sensors that nobody has ever switched, "
        "and start again the runs that ended with the last server",
    )
    parser.add_argument(
        "--only",
        choices=["ui", "daemon"],
        help="run one of the two alone, each in a service of its own (deploy/)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="fit on the workers of this Dask scheduler (tcp://host:port), not on this machine",
    )
    parser.add_argument(
        "--schedules",
        choices=["on", "off", "show"],
        help="turn all schedules and sensors on or off, or show how many are on, and serve nothing",
    )
    given = parser.parse_args()
    if given.schedules is not None and len(sys.argv) > 3:
        parser.error("--schedules serves nothing: give it alone")
    if given.service and given.read_only:
        parser.error("--service starts runs and --read-only none: give one of them")
    if given.service and given.only == "ui":
        parser.error("--service is for the daemon, which turns schedules on: not --only ui")
    if given.read_only and given.only == "daemon":
        parser.error("--read-only is for the UI: not --only daemon")
    return given


def schedules(wish: str) -> int:
    """Turn all schedules and sensors on or off and say how many are on."""
    with instance_of(home()) as instance:
        if wish != "show":
            switch(instance, "on" if wish == "on" else "off")
        sys.stdout.write(f"{words(instance)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
