"""The real definitions over the toy source and a temporary home; figures are simulated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dagster as dg

from dagster_project.definitions import build
from dagster_project.resources import FcmHome, Server
from fcm_migration.refresh.context import Context
from tests.toy import TOY

# Dagster makes the resource anew from its configuration, so the context is found by its home
CONTEXTS: dict[str, Context] = {}


class ToyHome(FcmHome):
    """The resource, pointed at a toy home instead of the real registry."""

    def context(self, log: Any) -> Context:
        """The toy context, at the moment the test says."""
        return replace(CONTEXTS[str(self.server.home.root)], report=log.info)


def run(
    context: Context,
    instance: dg.DagsterInstance,
    *only: str,
) -> Any:
    """Run the job over the toy source to its end, in this process: all of it or some assets."""
    CONTEXTS[str(context.home.root)] = context
    server = dg.ResourceDefinition.hardcoded_resource(Server(context.home))
    fcm = ToyHome(server=server, offline=True)
    definitions = build((TOY,), fcm)
    return definitions.resolve_job_def("refresh_all").execute_in_process(
        instance=instance,
        raise_on_error=False,
        resources={"fcm": fcm},
        asset_selection=[dg.AssetKey.from_user_string(key) for key in only] or None,
    )
