"""The site: a folder of pages and files that any web server or file share serves as it is.

Pages have no script (but the explorer) and load nothing; they open from disk. One edition is read
for all of them. :mod:`.pages` lists the pages, each of which is a function from a :class:`.Site` to
HTML; :mod:`.downloads` makes the files for other tools; :mod:`.writing` puts all into a folder.
"""

from fcm_migration.reports.site.writing import Written, write_home_site, write_site

__all__ = ["Written", "write_home_site", "write_site"]
