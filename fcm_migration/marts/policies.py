"""Columns of the reviewed table of policies: action, date, series and evidence.

The table itself is :data:`fcm_migration.marts.reviewed.POLICY_EVENTS`.
"""

from __future__ import annotations

from fcm_migration.catalog.model import Column

DIRECTIONS = ("down", "up", "any", "none")
POLICY_ID = Column("policy_id", "string", "Name of the policy.", pattern="^[a-z0-9_-]+$")
POLICY_DATE = Column("policy_date", "date", "Day from which the measure applied.")
EXPECTED_DIRECTION = Column(
    "expected_direction",
    "string",
    "How the figures were expected to move before they were looked at: down, up, any (a change, "
    "either way); none for a check on series no policy touched, which must show nothing.",
    allowed=DIRECTIONS,
)
DECLARED = (
    Column("policy_words", "string", "The measure in a sentence, in words of this project."),
    EXPECTED_DIRECTION,
    Column(
        "receiving",
        "string",
        "Where what is lost could appear: the same series but for this dimension "
        "(route=airport|inland); empty where displacement is not asked about.",
    ),
    Column(
        "fit_start_date",
        "date",
        "Day of the last known break before the policy: a counterfactual is fitted from there; "
        "null where none is known.",
        nullable=True,
    ),
    Column("announced_by", "string", "Who announced or published the measure."),
    Column("announced_url", "string", "Where it can be read.", pattern="^https://[^ ]+$"),
)
