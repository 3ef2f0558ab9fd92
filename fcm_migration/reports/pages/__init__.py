"""What every page for a browser shares: its skeleton, its look, and how figures become words.

Templates of this package stand below those of the one that asks: ``skeleton.html`` (the head, with
a policy that lets nothing run and nothing load), ``parts.html`` (charts and tables that several
pages have) and ``style.css``.
"""

from fcm_migration.reports.pages.figures import Figure, drawn
from fcm_migration.reports.pages.templating import Row, publisher, rendered, style

__all__ = ["Figure", "Row", "drawn", "publisher", "rendered", "style"]
