"""The registry of steps, in the order a refresh makes them; everything else loops over it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from fcm_migration.refresh.make import code_of
from fcm_migration.refresh.step import Step
from fcm_migration.sources.base import Source

MODULES = (
    "harmonise",
    "panel",
    "places",
    "forecast",
    "shown",
    "nowcast",
    "year_totals",
    "coherence",
    "drivers",
    "scenarios",
    "breaks",
    "facilitation",
    "policies",
    "alerts",
    "corridors",
    "metadata",
)


def _load(name: str) -> Step:
    step: Step = import_module(f"fcm_migration.refresh.steps.{name}").STEP
    return step


STEPS: tuple[Step, ...] = tuple(_load(name) for name in MODULES)


def take_fingerprints(sources: Iterable[Source]) -> None:
    """Read the code of every step and source once, before anything is made.

    A process keeps what it read: code that changes while a refresh runs is not stamped as the code
    that made its tables.
    """
    for name in (*(step.make.__module__ for step in STEPS), *(s.module for s in sources)):
        code_of(name)
