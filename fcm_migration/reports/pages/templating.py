"""The templates of pages, and what they may call: figures, periods and names put into words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from fcm_migration.reports.charts import style_rules
from fcm_migration.reports.charts.labels import (
    MINUS,
    PERIOD,
    capitalised,
    change,
    clean,
    day_words,
    figure,
    period_words,
    spoken,
)
from fcm_migration.reports.pictures.naming import KINDS, indicator_words, publishers

if TYPE_CHECKING:
    from jinja2 import Environment

Row = Mapping[str, Any]
HERE = "fcm_migration.reports.pages"
NONE = "\u2013"
CODE = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
# web pages alone: a label from outside never becomes a link that runs something
SAFE = ("https://", "http://")


def rendered(package: str, template: str, **context: object) -> str:
    """Return a template filled with what it names; markup in texts is escaped.

    Args:
        package: whose folder ``templates`` is looked in before that of this package.
        template: file name.
        **context: what the template names.
    """
    return _environment(package).get_template(template).render(context)


def style() -> str:
    """Return the CSS of a page, the colours of its charts included."""
    return rendered(HERE, "style.css") + style_rules()


@cache
def _environment(package: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(HERE)]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=lambda value: NONE if value is None else figure(value),
        rounded=lambda value: NONE if value is None else spoken(value),
        change=_change,
        percent=_percent,
        day=day_words,
        capital=capitalised,
        safe_url=lambda url: url if str(url).startswith(SAFE) else "",
        named=_named,
        markup=_markup,
    )
    environment.globals.update(period_words=period_words, publisher=publisher, periods=PERIOD)
    return environment


def _change(percent: float | None) -> str:
    """Return a change with its sign; a dash where it is not known."""
    if percent is None:
        return NONE
    return "0%" if abs(percent) < 0.5 else change(percent)


def _percent(percent: float) -> str:
    """Return a change in per cent, a manifold one too, so that the ends of a range read alike."""
    return f"{MINUS if round(percent) < 0 else '+'}{abs(percent):,.0f}%"


def _named(text: str) -> str:
    """Return a definition with the names of other figures in place of their codes."""
    return CODE.sub(
        lambda found: indicator_words(found[0]) if found[0] in KINDS else found[0], text
    )


def publisher(row: Row, known: Mapping[str, str]) -> str:
    """Return who published a row's figures, in words."""
    if "series_id" in row:
        return publishers(row, known)
    return known.get(row["source_id"], row["source_id"])


def _markup(drawing: str) -> object:
    """Return a drawing of our own, whose texts its renderer has escaped, as markup."""
    from markupsafe import Markup

    return Markup(drawing)  # noqa: S704


def _printed(value: object) -> object:
    """Return a printed value: a dash where there is none, marks that turn text written out."""
    if value is None:
        return NONE
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return clean(value) if len(value) <= 200 else _long(value)
    return value


def _long(text: str) -> str:
    """Return a longer text with the same care, not cut."""
    return " ".join(clean(word) for word in text.split())
