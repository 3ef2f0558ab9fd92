"""Refugee claims before Canada's Refugee Protection Division: the core table."""

from __future__ import annotations

from fcm_migration.catalog.model import Column, Table
from fcm_migration.sources.ca.irb_pages import MEASURES

TABLE = Table(
    "core",
    "ca_irb_claims",
    "Refugee claims in Canada by country of alleged persecution, from January to a quarter's end.",
    "end of the period, measure and country",
    (
        Column("period_through_date", "date", "Last day of the period, which begins on 1 January."),
        Column("year", "integer", "Calendar year.", minimum=2012, maximum=2100),
        Column("through_month", "integer", "Last month of the period.", minimum=1, maximum=12),
        Column(
            "measure",
            "string",
            "Referred; accepted, rejected, abandoned, withdrawn_and_other and their total "
            "finalized; pending at the end of the period.",
            allowed=MEASURES,
        ),
        Column(
            "persecution_country",
            "string",
            "First country of alleged persecution in the board's words; Total is its own total.",
        ),
        Column(
            "claims_persons",
            "integer",
            "Claims, one for each claimant; null where withheld.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        Column("is_suppressed", "boolean", "True where the board withheld a small number ('--')."),
    ),
    ("period_through_date", "measure", "persecution_country"),
    source_id="ca_irb_claims",
    period="period_through_date",
    caveats=(
        "Cumulative from January: never add two periods of one year, nor take a period to "
        "September for a quarter.",
        "Claims finalised in a period were often referred in an earlier one; returned and "
        "re-opened claims are included, so one person can be referred again.",
        "Country of alleged persecution as the claimant first named it, not citizenship.",
        "How small a withheld number is, the page does not say; not only 1 to 5: two withheld "
        "outcomes of Afghanistan in 2021 are 23 together.",
    ),
)
