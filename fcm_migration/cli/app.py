"""The group of commands, and what they share: home, context, progress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fcm_migration.config import home as find_home
from fcm_migration.console import say
from fcm_migration.errors import UsageError
from fcm_migration.machine import lacks_are_typed
from fcm_migration.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

    from fcm_migration.config import Home
    from fcm_migration.refresh.context import Context
    from fcm_migration.sources.base import Source

GIVEN = "fcm_migration.context"


def _tell_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print version and commit and end; git is asked only here."""
    if not wanted or ctx.resilient_parsing:
        return
    from fcm_migration.version import sentence

    say(sentence())
    ctx.exit()


class Commands(click.Group):
    """The group of commands; whatever the machine refuses ends in a typed error."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        # no home is known before the options are read
        with lacks_are_typed(lambda: getattr(ctx.obj, "root", Path.cwd())):
            return super().invoke(ctx)


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--home",
    "home_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Working home (default: FCM_HOME, else data/ of the checkout or your data folder).",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_tell_version,
    help="Show the version and the commit it was made from, and exit.",
)
@click.pass_context
def cli(ctx: click.Context, home_dir: Path | None) -> None:
    """Irregular movement into the five countries: ingest, check, forecast, publish, query.

    \b
    Example:
      fcm refresh && fcm query "SELECT * FROM meta.sources"
    """
    given: Context | None = ctx.obj
    ctx.meta[GIVEN] = given
    ctx.obj = find_home(home_dir) if given is None or home_dir else given.home


class OutFile(click.Path):
    """A file to write; why it cannot be written there is said before any work is done."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; fail where its folder does not exist, or inside the home."""
        from fcm_migration.outfile import check_file

        path: Path = super().convert(value, param, ctx)  # type: ignore[assignment]
        try:
            check_file(path)
            _check_outside(path, ctx)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        return path


class OutFolder(click.Path):
    """A folder to write to, outside the working home."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; fail inside the home."""
        path: Path = super().convert(value, param, ctx)  # type: ignore[assignment]
        try:
            _check_outside(path, ctx)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        return path


def _check_outside(path: Path, ctx: click.Context | None) -> None:
    from fcm_migration.outfile import check_out

    if ctx is not None and ctx.obj is not None:
        check_out(path, ctx.obj)


scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Fit on the workers of this Dask scheduler (tcp://host:port), not on this machine.",
)


def make_context(
    home: Home, *, offline: bool = False, scheduler: str | None = None, report: Any = None
) -> Context:
    """Return the context given to ``main``, or that of the home, as of now."""
    from fcm_migration.refresh.context import Context
    from fcm_migration.sources import SOURCES

    extra: dict[str, Any] = {} if report is None else {"report": report}
    if scheduler is not None:
        extra["scheduler"] = scheduler
    given: Context | None = click.get_current_context().meta[GIVEN]
    if given is not None:
        return replace(given, home=home, offline=offline or given.offline, **extra)
    now = datetime.now(UTC).replace(microsecond=0)
    return Context(home, now, SOURCES, offline=offline, **extra)


@contextmanager
def progress(title: str) -> Iterator[tuple[Console, Any]]:
    """Show a spinner with the current stage on a terminal; nothing in a pipe."""
    from rich.text import Text

    from fcm_migration.console import console as new_console

    console = new_console(stderr=True)
    if not console.is_terminal:
        yield console, None
        return
    with console.status(title) as status:
        # a plain string would be read as markup here, whatever the console says
        yield console, lambda message: status.update(Text(printable(f"{title}: {message}")))


def find_source(context: Context, source_id: str) -> Source:
    """Return one source of the registry; UsageError where there is none of that name."""
    try:
        return context.source(source_id)
    except KeyError:
        known = ", ".join(source.source_id for source in context.sources)
        raise UsageError("no such source", got=source_id, expected=known) from None
