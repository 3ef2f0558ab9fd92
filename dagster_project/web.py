"""``python -m dagster_project.web``: Dagster's webserver, reached through the guard alone.

Behind the same guard lie the pages of the home's ``reports`` (``pages.py``).

It takes the place of the program ``dagster-webserver``, which cannot be told to put anything in
front of its application. What is called here of Dagster is not public: the versions are pinned,
and a test fails where these calls or the webserver's paths change.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.guard import LOOPBACK, Guard, served_origins
from dagster_project.pages import Pages
from fcm_migration.config import home
from fcm_migration.errors import FcmError, UsageError

if TYPE_CHECKING:
    from dagster._core.workspace.context import WorkspaceProcessContext

WORKSPACE = Path(__file__).with_name("workspace.yaml")  # what webserver and daemon load
# as in Dagster's own program
STATEMENT_TIMEOUT_MS, POOL_RECYCLE_S, POOL_OVERFLOW = 15_000, 3600, 20
POLL_MS = 2000
LAST_ANSWERS_S = 5  # that answers which are under way have when a signal comes


def main() -> int:
    """Serve the UI until interrupted, of the home that serve.py has put into the environment."""
    given = _arguments()
    # as for Ctrl-C; uvicorn raises the signal again once it has closed its connections
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        require_login(given.host, given.behind_proxy)
        if "DAGSTER_HOME" not in os.environ:
            raise UsageError(
                "this is the part of the server that needs a storage laid out before",
                lacks="DAGSTER_HOME",
                remedy="use `python -m dagster_project --only ui`",
            )
        origins = served_origins(given.port, given.behind_proxy)
        serve_ui(given.host, given.port, origins, read_only=given.read_only)
    except KeyboardInterrupt:
        return 0
    except FcmError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def require_login(host: str, public: Sequence[str]) -> None:
    """Raise UsageError where others could reach the server and no proxy asks them for a login."""
    here = [name.strip("[]") for name in LOOPBACK]
    if host not in here and not public:
        raise UsageError(
            "Dagster's UI has no login: it is served on this machine only",
            expected="127.0.0.1, or --behind-proxy NAME if a proxy of that name asks for a login",
            got=host,
        )


def serve_ui(host: str, port: int, origins: dict[str, str], *, read_only: bool) -> None:
    """Serve Dagster's UI and its GraphQL behind the guard, until a signal."""
    import uvicorn
    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster._utils.log import configure_loggers
    from dagster_webserver.version import __version__

    configure_loggers(log_level="INFO")
    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(STATEMENT_TIMEOUT_MS, POOL_RECYCLE_S, POOL_OVERFLOW)
        target = WorkspaceFileTarget(paths=[str(WORKSPACE)])
        with WorkspaceProcessContext(
            instance, target, version=__version__, read_only=read_only
        ) as process:
            application = guarded(process, origins, home().reports)
            uvicorn.run(
                application,
                host=host,
                port=port,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=LAST_ANSWERS_S,
            )


def guarded(process: WorkspaceProcessContext, origins: dict[str, str], reports: Path) -> Guard:
    """Return the application that Dagster's webserver makes, and the reports, behind the guard."""
    from dagster_webserver.app import create_app_from_workspace_process_context

    dagster = create_app_from_workspace_process_context(process, "", POLL_MS)
    return Guard(Pages(dagster, reports), origins)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dagster_project.web",
        description="Serve the Dagster UI alone, without a daemon.",
        epilog="`python -m dagster_project --only ui` lays out its storage, then starts it.",
    )
    add_arguments(parser)
    return parser.parse_args()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that every way of serving the UI takes."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=3000, help="port to listen on")
    parser.add_argument("--read-only", action="store_true", help="nothing can be started")
    parser.add_argument(
        "--behind-proxy",
        metavar="NAME",
        action="append",
        default=[],
        help="public name of the proxy with a login that stands before it, such as "
        "fcm.example.org; with a scheme and a port where they are not those of https",
    )


if __name__ == "__main__":
    sys.exit(main())
