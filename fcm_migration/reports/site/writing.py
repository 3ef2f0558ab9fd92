"""Write the site into a folder, whole, in place of the one of an earlier edition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fcm_migration.catalog.columns import FIVE
from fcm_migration.config import Home
from fcm_migration.outfolder import check_folder, write_folder
from fcm_migration.publish.query import Connection, EditionNote
from fcm_migration.reports.brief import all_briefs, default_name
from fcm_migration.reports.site.around import Brief, Site
from fcm_migration.reports.site.downloads import FOLDER, files_of, made_downloads
from fcm_migration.reports.site.pages import PAGES, navigation

KIND = "site"  # what the folder is: another folder is never replaced
BRIEFS = "briefs"


@dataclass(frozen=True)
class Written:
    """A site that was written.

    Attributes:
        folder: where.
        edition: what it was made of.
        sizes: bytes by file, in the order in which they were made.
    """

    folder: Path
    edition: EditionNote
    sizes: dict[str, int]

    @property
    def lines(self) -> tuple[str, ...]:
        """Return a line for each page, one for the briefs and one for the downloads."""
        pages = [f"{self.folder / page.file} written" for page in PAGES]
        of = {
            name: [size for file, size in self.sizes.items() if file.startswith(f"{name}/")]
            for name in (BRIEFS, FOLDER)
        }
        folders = [
            f"{self.folder / name}: {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB"
            for name, sizes in of.items()
        ]
        return (*pages, *folders)


def write_site(
    published: Path, folder: Path, *, report: Callable[[str], object] | None = None
) -> Written:
    """Write the site of the published edition into a folder.

    Args:
        published: the published file.
        folder: where; a site of an earlier edition is replaced, nothing else is.
        report: told what is being made.

    Raises:
        EditionError: nothing is published, or an edition from before there were briefs.
        UsageError: the folder cannot be replaced, or a brief is too large.
    """
    check_folder(folder, KIND)
    tell = report or (lambda _: None)
    with Connection(published) as connection:
        files: dict[str, bytes] = {}
        briefs = []
        tell("briefs")
        for number, (code, page) in enumerate(all_briefs(connection), start=1):
            tell(f"briefs, {number} of {len(FIVE) + 1}")
            if page is not None:
                briefs.append(Brief(f"{BRIEFS}/{default_name(code)}", code))
                files[briefs[-1].file] = page.encode()
        tell("downloads")
        downloads = made_downloads(connection)
        files |= files_of(downloads)
        site = Site(connection, downloads, tuple(briefs))
        for own in PAGES:
            tell(own.file)
            files[own.file] = own.make(site, navigation(own.file)).encode()
        edition = site.edition
    write_folder(folder, lambda part: _fill(part, files), marker=KIND)
    return Written(folder, edition, {name: len(body) for name, body in files.items()})


def _fill(part: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = part / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def write_home_site(home: Home) -> Written:
    """Write the site of the edition into the home's ``reports``; raises as :func:`write_site`."""
    home.reports.mkdir(parents=True, exist_ok=True)
    return write_site(home.published, home.reports / "site")
