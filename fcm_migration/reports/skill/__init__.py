"""Pages on skill, of forecasts and of alerts: how good, against whom, where they fail.

Every figure is asked of the published file by SQL (:mod:`.facts`) or read from a record of a
benchmark or of ``fcm alerts skill``; the text is in ``templates/``. Nothing is typed by hand.
"""

from fcm_migration.reports.skill.alerts import alert_page
from fcm_migration.reports.skill.facts import Facts, gathered
from fcm_migration.reports.skill.forecast import RECORD, skill_page, write_skill

__all__ = ["RECORD", "Facts", "alert_page", "gathered", "skill_page", "write_skill"]
