"""Pages rendered from Jinja templates; a missing figure is an error."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from fcm_migration.forecast.scores import INTERVAL_LEVELS
from fcm_migration.reports.skill.figures import FILTERS, FUNCTIONS, NONE, PERIODS

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **context: object) -> str:
    """Return the text of a template of this package.

    Raises:
        jinja2.UndefinedError: the template names a figure the context does not have.
    """
    return _environment().get_template(template).render(context)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Autoescaping is for HTML: in Markdown it would print &gt; and &#39; to the reader. Nothing
    # here comes from outside but names and figures of the published file.
    environment = Environment(
        loader=PackageLoader("fcm_migration.reports.skill"),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        finalize=_cell,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(FUNCTIONS, levels=INTERVAL_LEVELS, periods=PERIODS)
    return environment


def _cell(value: object) -> str:
    """Return a printed value: a dash where there is none; a bar would end a table's cell."""
    return NONE if value is None else str(value).replace("|", "/")
