"""The product's own servers over the toy code location.

Example:
    python -m tests.system.toy_server --only daemon --service
    python -m tests.system.toy_server web --port 3000
"""

from __future__ import annotations

import sys
from pathlib import Path

from dagster_project import sensors, web
from fcm_migration.refresh.context import Context

web.WORKSPACE = Path(__file__).with_name("toy_workspace.yaml")  # before the others take it


def toy_look() -> Context:
    """Return the toy's home and source, as the server was started."""
    from tests.system.toy_location import look

    return look()


sensors.this_home = toy_look  # before the server takes it

if __name__ == "__main__":
    if sys.argv[1:2] == ["web"]:
        del sys.argv[1]
        sys.exit(web.main())
    from dagster_project.__main__ import main

    sys.exit(main())
