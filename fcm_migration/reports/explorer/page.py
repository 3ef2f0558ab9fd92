"""The explorer's page: its template filled, its script put together and hashed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fcm_migration.publish.query import Connection
from fcm_migration.reports.charts import style_rules
from fcm_migration.reports.explorer.drawing import templates
from fcm_migration.reports.explorer.encoding import content_of, packed
from fcm_migration.reports.explorer.reading import read_edition
from fcm_migration.reports.explorer.releases import earlier_releases
from fcm_migration.reports.explorer.runtime import vega_runtime
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import Source

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

POLICY = (
    "default-src 'none'; script-src '{hash}'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)


def explorer_page(
    connection: Connection,
    *,
    style: str = "",
    navigation: Markup | str = "",
    sources: Sequence[Source] = SOURCES,
) -> str:
    """Return the explorer as one HTML page that asks for nothing.

    Args:
        connection: the edition.
        style: CSS of the site around it; the page's own stands before it.
        navigation: of the site; a text that is no Markup is escaped.
        sources: those by whose code earlier releases are harmonised.

    Raises:
        UsageError: the edition has no series of the five countries.
        MachineError: the runtime of the charts cannot be made.
    """
    held = read_edition(connection)
    edition = connection.edition
    releases = earlier_releases(connection, held, sources)
    script = page_script()
    return _template().render(
        policy=POLICY.format(hash=script_hash(script)),
        style=_markup(_read("templates", "explorer.css") + style_rules() + style),
        navigation=navigation,
        edition=edition,
        day=edition.published_at.date(),
        data=packed(content_of(held, edition, releases)),
        script=_markup(script),
    )


def script_hash(script: str) -> str:
    """Return what a content security policy names the text between the script's tags by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


@cache
def page_script() -> str:
    """Return the page's script: the runtime, the charts, and the files of ``scripts`` in order.

    All of it is one function, so that no name of it is seen outside.
    """
    folder = files("fcm_migration.reports.explorer") / "scripts"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".js"))
    own = "".join(_read("scripts", name) for name in names)
    # "<" may begin the end of the script's element; in a JSON text it means the same when escaped
    charts = json.dumps(templates(), separators=(",", ":")).replace("<", "\\u003c")
    return f"(() => {{\n'use strict';\n{vega_runtime()}const CHARTS = {charts};\n{own}}})();\n"


def _read(folder: str, name: str) -> str:
    place = files("fcm_migration.reports.explorer") / folder / name
    return place.read_text(encoding="utf-8")


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_read("templates", "explorer.html"))


def _markup(text: str) -> Markup:
    """Return a text of our own as markup."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704
