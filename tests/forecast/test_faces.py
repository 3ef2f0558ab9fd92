"""Public faces of the forecasts: light to import, and the same whatever was imported before."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "statsmodels", "scoringrules", "hierarchicalforecast")
FACES = {
    "fcm_migration.forecast": ("Settings", ("forecast", "backtest")),
    "fcm_migration.forecast.coherence": ("TABLES", ("coherent_forecasts",)),
    "fcm_migration.forecast.nowcast": ("TABLES", ("make_nowcasts",)),
    "fcm_migration.forecast.scenarios": ("TABLES", ("apply_scenarios",)),
    "fcm_migration.forecast.year_totals": ("TABLES", ("make_year_totals",)),
}


@pytest.mark.parametrize("face", FACES)
def test_a_face_loads_what_is_heavy_when_it_is_used(face: str) -> None:
    light, functions = FACES[face]
    code = (
        f"import sys; import {face} as face; face.{light}\n"
        f"assert not [m for m in {HEAVY!r} if m in sys.modules]\n"
        # the second time: loading a submodule must not have taken the name
        f"for name in {functions!r} * 2: assert callable(getattr(face, name)), name\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_no_face_has_is_an_attribute_error() -> None:
    import fcm_migration.forecast.nowcast as face

    with pytest.raises(AttributeError, match="nothing"):
        face.nothing  # noqa: B018
