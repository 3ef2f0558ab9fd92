"""Refusals by the machine (space, rights, memory), shown as a run's failure in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps

import dagster as dg

from dagster_project.resources import FcmHome
from fcm_migration.errors import MachineError
from fcm_migration.machine import lacks_are_typed

Body = Callable[[dg.AssetExecutionContext, FcmHome], Iterator[object]]


def plain_failures(body: Body) -> Body:
    """Make an asset's body fail with the sentence of a full disk, missing rights or memory."""

    @wraps(body)
    def guarded(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
        try:
            with lacks_are_typed(lambda: fcm.server.home.root):
                yield from body(context, fcm)
        except MachineError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error

    return guarded
