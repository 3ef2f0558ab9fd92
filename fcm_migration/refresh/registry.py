"""The registry of steps, in the order a refresh makes them; everything else loops over it."""

from __future__ import annotations

from importlib import import_module

from fcm_migration.refresh.step import Step

MODULES = (
    "harmonise",
    "panel",
    "forecast",
    "coherence",
    "drivers",
    "nowcast",
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
