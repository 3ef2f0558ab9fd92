"""Vega's runtime with its interpreter of expressions, bundled by vl-convert without a network."""

from __future__ import annotations

from functools import cache

from fcm_migration.errors import MachineError
from fcm_migration.machine import require_address_space
from fcm_migration.reports.charts.render import ADDRESS_SPACE

# vl-convert bundles vega-embed, Vega and Vega-Lite. The interpreter comes inside vega-embed alone,
# so the page holds all three; nothing in it is called but ``vegaEmbed``.
SNIPPET = "vegaRuntime.embed = vegaEmbed;"
# what would end the element the script stands in, or open a comment there
ENDS = ("</script", "<!--", "<script")


@cache
def vega_runtime() -> str:
    """Return a script that puts ``embed`` into an object ``vegaRuntime`` of its surroundings.

    Its names stay within a function of its own: they are short and would collide with others. It
    takes 1.5 seconds to make, so it is made once a process and kept nowhere.

    Raises:
        MachineError: the bundle cannot stand in a page as it is.
        MemoryLackError: the address space is limited too tightly for the JavaScript engine.
    """
    require_address_space(ADDRESS_SPACE)
    import vl_convert

    bundle = str(vl_convert.javascript_bundle(SNIPPET))
    if found := [mark for mark in ENDS if mark in bundle.lower()]:
        raise MachineError(
            "Vega's runtime cannot stand within a page",
            where="vl_convert.javascript_bundle",
            expected="a script without marks that end its element",
            got=found,
            remedy="install the locked release of vl-convert-python",
        )
    return f"const vegaRuntime = {{}};\n(() => {{\n{bundle}\n}})();\n"
