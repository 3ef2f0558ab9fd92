"""The explorer: one HTML page in which people choose series, compare them and go back in time.

:mod:`.reading` reads the published file, :mod:`.releases` works out what earlier releases said,
:mod:`.encoding` packs both, :mod:`.drawing` declares the charts with the charts' own grammar and
compiles them to Vega, :mod:`.runtime` bundles Vega, and :mod:`.page` puts the page together. What
the page does in a browser stands in ``scripts``, plain JavaScript put together in the order of the
files' names.
"""

from fcm_migration.reports.explorer.page import explorer_page

__all__ = ["explorer_page"]
