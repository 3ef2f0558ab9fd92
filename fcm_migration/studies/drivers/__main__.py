"""Command of the study: measure the drivers on a refreshed home and write the record."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from fcm_migration.config import Home
from fcm_migration.console import say
from fcm_migration.forecast.drivers import RECORD_FILE

EXAMPLE = f"""example:
  fcm refresh
  python -m fcm_migration.studies.drivers --home data --out data/reference/{RECORD_FILE}

the long study, from publishers' files that are not in the home, printed only:
  python -m fcm_migration.studies.drivers --home data --long --files FOLDER
"""


def main(arguments: list[str] | None = None) -> None:
    """Write the record, or print the long study."""
    parser = argparse.ArgumentParser(
        prog="python -m fcm_migration.studies.drivers",
        description="Measure whether upstream figures improve the published forecasts, and write "
        "the record that is published as forecast.drivers.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--home", type=Path, required=True, help="a refreshed home")
    parser.add_argument("--out", type=Path, help="file to write the record to")
    parser.add_argument(
        "--long", action="store_true", help="backtest a long past instead, and print the verdicts"
    )
    parser.add_argument("--files", type=Path, help="publishers' files for the long study")
    parser.add_argument("--workers", type=int, default=2, help="processes of the long study")
    given = parser.parse_args(arguments)
    if given.long:
        from fcm_migration.studies.drivers.long import long_study, shown

        say(shown(long_study(Home(given.home), given.files, given.workers)))
        return
    if given.out is None:
        parser.error("--out names the file to write the record to; --long needs none")
    from fcm_migration.studies.drivers.record import measure, write

    record = measure(Home(given.home), datetime.now(UTC).date())
    write(record, given.out)
    say(f"{record.height} rows written to {given.out}")


if __name__ == "__main__":
    main()
