"""The whole refresh in one call, under the home's lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

from fcm_migration import limited
from fcm_migration.archive.lock import refresh_lock
from fcm_migration.errors import CheckFailedError, FcmError, SourceError
from fcm_migration.http.pace import Contacts
from fcm_migration.machine import lacks_are_typed, require_address_space
from fcm_migration.publish import Edition
from fcm_migration.refresh import checking, publishing
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import make_step
from fcm_migration.refresh.noting import failure_told, noted
from fcm_migration.refresh.obtain import Outcome, obtain
from fcm_migration.refresh.registry import STEPS, take_fingerprints
from fcm_migration.refresh.settling import settle_source
from fcm_migration.refresh.tables import warehouse_tables
from fcm_migration.refresh.tidying import tidy

# bytes; a refresh of all sources was seen to finish with less, on two processors
ADDRESS_SPACE = 4_000_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Summary:
    """What one refresh did: outcome by source, edition, time of each stage, and who was told.

    ``set_aside`` says of each release that was in use, or was to be, why it no longer is;
    ``checks`` which checks have another result than before this refresh.
    """

    outcomes: tuple[Outcome, ...]
    edition: Edition
    is_new: bool
    seconds: dict[str, float]
    told: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


def refresh(context: Context, *, holder: str = "fcm refresh") -> Summary:
    """Obtain, build, check, forecast and publish.

    Raises:
        BusyError: another refresh holds the lock.
        CheckFailedError: a critical expectation failed; the published edition is untouched.
        MachineError: there is no space, no right or no memory; the published edition is untouched.
    """
    home = context.home
    with ExitStack() as stack:
        with failure_told(home, context.now), lacks_are_typed(lambda: home.root):
            require_address_space(ADDRESS_SPACE)
            stack.enter_context(refresh_lock(home.root, holder=holder))
        stack.enter_context(noted(home, context.now, holder))
        stack.enter_context(lacks_are_typed(lambda: home.root))
        return _refresh(context)


def _refresh(context: Context) -> Summary:
    seconds: dict[str, float] = {}

    def stage(name: str, do: Callable[[], T]) -> T:
        context.report(name)
        begun = time.perf_counter()
        try:
            return do()
        finally:
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - begun

    take_fingerprints(context.sources)
    before, checked = publishing.current_edition(context), publishing.check_results(context)
    stage("clean up after killed runs", lambda: publishing.clean(context))
    contacts = Contacts()
    outcomes = [
        stage("ask the publishers", lambda s=source: obtain(context, s, contacts=contacts))  # type: ignore[misc]
        for source in context.sources
    ]
    set_aside: list[str] = []
    for source in context.sources:
        settled = stage(
            "parse, build and check core tables",
            lambda s=source: settle_source(context, s),  # type: ignore[misc]
        )
        set_aside += settled.set_aside
    limited.end()
    try:
        for step in STEPS:
            stage(step.title, lambda s=step: make_step(context, s))  # type: ignore[misc]
    except SourceError as error:
        raise _with_reasons(error, set_aside) from error
    for table in warehouse_tables(context.sources).values():
        stage("check every table", lambda t=table: checking.check(context, t))  # type: ignore[misc]
    edition = stage("publish", lambda: publishing.publish_edition(context))
    told = stage("send notifications", lambda: tuple(o.words for o in publishing.tell(context)))
    stage("remove what is surplus", lambda: tidy(context))
    is_new = before is None or before.content_hash != edition.content_hash
    checks = publishing.changed_checks(checked, context)
    return Summary(tuple(outcomes), edition, is_new, seconds, told, tuple(set_aside), checks)


def _with_reasons(error: SourceError, set_aside: Sequence[str]) -> FcmError:
    """Return the error, naming the releases set aside before it, which may be its cause."""
    if not set_aside:
        return error
    return CheckFailedError(
        f"nothing was published. {' | '.join(set_aside)}",
        remedy=f"{error}; the last good edition stays in use",
    )
