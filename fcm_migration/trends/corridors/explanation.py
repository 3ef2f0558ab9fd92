"""The sentences of corridors: rising elsewhere, upstream first, and protection beside movement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.trends.corridors.settings import LEAST_DECISIONS, MOST_MONTHS

Seen = tuple[str, str, str, str, str]  # destination, frequency, period, source, indicator
PERIOD_NAMES = {"M": "month", "Q": "quarter from", "A": "year from"}
FROM, TO, YEAR, FIGURE = "origin_iso3", "destination_iso3", "year", "figure"
COUNTS = {
    "refugees": ("Refugees from {} in {} at the end of {}: {}.", (FROM, TO, YEAR, FIGURE)),
    "asylum_seekers_pending": (
        "Asylum-seekers from {} with a claim pending in {} at the end of {}: {}.",
        (FROM, TO, YEAR, FIGURE),
    ),
    "resettlement_arrivals": (
        "Refugees from {} resettled to {} in {}: {}.",
        (FROM, TO, YEAR, FIGURE),
    ),
    "naturalisations": ("Refugees from {} naturalised in {} in {}: {}.", (FROM, TO, YEAR, FIGURE)),
    "refugee_returns": ("Refugees returned from {} to {} in {}: {}.", (TO, FROM, YEAR, FIGURE)),
}
# UNHCR's codes of who decides, as core.unhcr_asylum_decisions declares them
DECISION_LEVEL_NAMES = {
    "FI": "at first instance",
    "NA": "on new applications",
    "AR": "in administrative review",
    "RA": "on repeated or reopened applications",
    "JR": "in judicial review",
    "IN": "by US Citizenship and Immigration Services",
    "EO": "by the US immigration courts",
}


def explain_rising(seen: Mapping[str, Sequence[Seen]]) -> str:
    """Return the sentence on surge alerts of one origin, by destination.

    For example: GBR (uk_asylum_claims, quarter from 2022-04); USA (us_ohss_usbp, month 2022-06).
    """
    parts = []
    for destination, alerts in sorted(seen.items()):
        shown = "; ".join(f"{s}, {PERIOD_NAMES[f]} {when}" for _, f, when, s, _ in alerts)
        parts.append(f"{destination} ({shown})")
    return f"Surge alerts at {', '.join(parts)}; these counts differ and must not be added."


def explain_upstream(record: Mapping[str, str]) -> pl.Expr:
    """Return the sentence on the alert upstream that came first.

    Args:
        record: by source, from :func:`explain_record`.
    """
    return pl.format(
        "Upstream first: {} had a surge alert on the route {} in {}, {} before the first one here "
        "({}). {} This flag has no weight in any ranking.",
        pl.col("upstream_source_id"),
        pl.col("upstream_route"),
        pl.col("upstream_period").dt.strftime("%Y-%m"),
        pl.when(pl.col("lead_months") == 1)
        .then(pl.lit("1 month"))
        .otherwise(pl.format("{} months", "lead_months")),
        pl.col("period").dt.strftime("%Y-%m"),
        pl.col("upstream_source_id").replace_strict(record, return_dtype=pl.String, default=""),
    )


def explain_record(upstream: pl.DataFrame) -> dict[str, str]:
    """Return by upstream source the sentence on how often it came first."""
    said = {}
    for (source,), part in sorted(
        upstream.group_by("upstream_source_id"), key=lambda item: str(item[0][0])
    ):
        counts = dict(part.group_by("upstream_order").len().iter_rows())
        n = {order: int(counts.get(order, 0)) for order in ("earlier", "same", "later", "none")}
        said[str(source)] = (
            f"Of {part.height} first alerts at one of the five for origins it follows, {source} "
            f"had one earlier in {n['earlier']}, in the same period in {n['same']}, later in "
            f"{n['later']}, and none within {MOST_MONTHS} months in {n['none']}."
        )
    return said


def explain_count() -> pl.Expr:
    """Return the sentence of a published count, by its measure."""
    sentence = pl.lit("")
    for measure, (template, columns) in COUNTS.items():
        is_mine = pl.col("protection_measure") == measure
        sentence = pl.when(is_mine).then(pl.format(template, *columns)).otherwise(sentence)
    return sentence


def explain_conflict() -> pl.Expr:
    """Return the sentence on a year's conflict deaths in an origin."""
    said = (
        "Deaths in organised violence in {} in {}, best estimate: {}. They may cause movement, but "
        "do not measure it."
    )
    return pl.format(said, FROM, YEAR, FIGURE)


def explain_unknown_conflict() -> pl.Expr:
    """Return the sentence for an origin without figures of conflict."""
    return pl.format(
        "We hold no figure of conflict deaths in {} for these years (UCDP); that is not zero.",
        FROM,
    )


def explain_rate() -> pl.Expr:
    """Return the sentence on the share of decisions that gave protection."""
    level = pl.col("decision_level").replace_strict(
        DECISION_LEVEL_NAMES,
        default=pl.format("at level {}", "decision_level"),
        return_dtype=pl.String,
    )
    share = (
        pl.when(pl.col("rate").is_not_null())
        .then(pl.format(" ({}%).", (pl.col("rate") * 100).round(0).cast(pl.Int64)))
        .otherwise(pl.lit(f"; no rate is given under {LEAST_DECISIONS} decisions."))
    )
    return pl.format(
        "Protection was given in {} of {} decisions ({}) on the substance {} in {} in {}, origin "
        "{}{}",
        FIGURE,
        "decisions_on_substance",
        "unit",
        level,
        TO,
        YEAR,
        FROM,
        share,
    )
