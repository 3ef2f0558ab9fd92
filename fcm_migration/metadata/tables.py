"""Metadata tables: sources, releases, attempts, indicators, quarantined labels."""

from __future__ import annotations

from dataclasses import replace

from fcm_migration.catalog.columns import (
    AS_OF,
    INDICATOR,
    OBTAINED,
    ORIGIN,
    ORIGIN_CLASS,
    ROUTES,
    SNAPSHOT_ID,
    SOURCE_ID,
    UNIT,
)
from fcm_migration.catalog.model import Column, Table

LICENCE_ID = Column("licence_id", "string", "Licence of the figures.")
OUTCOME = Column(
    "outcome",
    "string",
    "What came of it: ok, unchanged, offline, by_hand, not_due, bundled, or why it was refused "
    "(unreachable, blocked, html_instead, truncated, layout_changed ...).",
)
DETAIL = Column("detail", "string", "The same in a sentence; empty where there is nothing to say.")

SOURCES = Table(
    "meta",
    "sources",
    "Where the figures come from, how fresh they are and what the last look at each source gave.",
    "source",
    (
        SOURCE_ID,
        Column("title", "string", "What the dataset holds."),
        Column("publisher", "string", "Who publishes it."),
        Column("landing_url", "string", "The publisher's page."),
        LICENCE_ID,
        Column("licence_title", "string", "The licence's name."),
        Column("licence_url", "string", "The licence's text."),
        Column("attribution", "string", "How the figures must be attributed."),
        Column("cadence", "string", "How often the publisher releases."),
        Column("revision_habit", "string", "What the publisher is known to revise."),
        Column("releases", "integer", "Releases in use.", unit="releases", minimum=0),
        replace(AS_OF, nullable=True),
        replace(SNAPSHOT_ID, nullable=True),
        replace(OBTAINED, nullable=True),
        Column(
            "newest_period_end",
            "date",
            "Last day of the newest complete period; null where no series is made of the source.",
            nullable=True,
        ),
        Column(
            "stale_after_days",
            "integer",
            "Age of newest_period_end beyond which the source counts as stale (of as_of_date where "
            "no series is made of it); null if the publisher has stopped.",
            unit="days",
            nullable=True,
            minimum=1,
        ),
        Column(
            "discontinued_since",
            "string",
            "When the publisher stopped releasing it, as precisely as is known; null while "
            "releases are expected.",
            nullable=True,
        ),
        Column(
            "next_release_date",
            "date",
            "When the next release is expected: the newest one's date and the usual interval; null "
            "where none is expected or none is known.",
            nullable=True,
        ),
        Column("units", "string", "What its core tables count, comma-separated; empty if nothing."),
        Column(
            "flow_rows",
            "integer",
            "Rows in mart.flows; null where there is no release yet or no series is made of it.",
            unit="rows",
            nullable=True,
            minimum=0,
        ),
        Column("last_attempt_at", "timestamp", "Last look at the publisher (UTC).", nullable=True),
        Column("last_outcome", "string", "What that look gave; see meta.attempts.", nullable=True),
        Column("last_detail", "string", "The same in a sentence.", nullable=True),
    ),
    ("source_id",),
)

SNAPSHOTS = Table(
    "meta",
    "snapshots",
    "Every release in the archive, in use or in quarantine.",
    "source and release",
    (
        SOURCE_ID,
        SNAPSHOT_ID,
        AS_OF,
        Column(
            "as_of_basis",
            "string",
            "How the date is known: printed by the publisher, stated by a person, by the workbook "
            "itself (the day it was last saved), or the day it was obtained.",
            allowed=("publisher", "stated", "document", "obtained"),
        ),
        OBTAINED,
        Column("obtained_at", "timestamp", "When this project got it (UTC)."),
        LICENCE_ID,
        Column(
            "status",
            "string",
            "Whether the release is used; same_date: another one of its date is used instead.",
            allowed=("in_use", "same_date", "quarantined"),
        ),
        OUTCOME,
        DETAIL,
        Column("files", "integer", "Files in the release.", unit="files", minimum=1),
        Column("size_bytes", "integer", "Their size together.", unit="bytes", minimum=0),
        Column("core_rows", "integer", "Rows parsed from it.", unit="rows", minimum=0),
        Column(
            "layout_hash",
            "string",
            "Fingerprint of the layout: the same files of the same layout have the same; empty for "
            "a bundled release.",
        ),
        Column("accepted", "string", "Who accepted a suspect release, until when, why; or empty."),
        Column("marks", "string", "Non-numeric marks met in number cells, as JSON: mark to count."),
        Column("parser_notes", "string", "What the parser remarked, one sentence after another."),
        Column("note", "string", "What the person who brought it wrote down."),
    ),
    ("source_id", "snapshot_id"),
)

SNAPSHOT_FILES = Table(
    "meta",
    "snapshot_files",
    "The files of every release: name, address, fingerprint.",
    "source, release and file",
    (
        SOURCE_ID,
        SNAPSHOT_ID,
        Column("position", "integer", "Place of the file in the release.", minimum=1),
        Column("file_name", "string", "The publisher's name for it."),
        Column("sha256", "string", "Fingerprint of its bytes.", pattern="^[0-9a-f]{64}$"),
        Column("size_bytes", "integer", "Size.", unit="bytes", minimum=0),
        Column("url", "string", "Where it was downloaded from.", nullable=True),
        Column("retrieved_at", "string", "When it was downloaded (UTC).", nullable=True),
    ),
    ("source_id", "snapshot_id", "position"),
)

ATTEMPTS = Table(
    "meta",
    "attempts",
    "Every look at a publisher or at the inbox, and what came of it.",
    "source and moment",
    (
        SOURCE_ID,
        Column("attempt", "integer", "Number of the attempt on this source.", minimum=1),
        Column("attempted_at", "timestamp", "When (UTC)."),
        OUTCOME,
        DETAIL,
        Column(
            "snapshot_id",
            "string",
            "The release it brought or confirmed; null where it brought none.",
            nullable=True,
        ),
    ),
    ("source_id", "attempt"),
)

INDICATORS = Table(
    "meta",
    "indicators",
    "The dictionary of harmonised indicators.",
    "indicator",
    (
        INDICATOR,
        Column("title", "string", "What is measured."),
        UNIT,
        Column(
            "kind", "string", "Flow over a period, or stock at a moment.", allowed=("flow", "stock")
        ),
        Column("counting_rule", "string", "What counts as one."),
        Column("comparability", "string", "What it may and may not be compared with."),
        Column(
            "total_route",
            "string",
            "Route whose figure is the whole of the indicator in a country, which mart.totals "
            "shows; null for an indicator that counts one of several borders only.",
            nullable=True,
            allowed=ROUTES,
        ),
    ),
    ("indicator",),
)

QUARANTINED_LABELS = Table(
    "meta",
    "quarantined_labels",
    "Country labels not in the reviewed alias table: their rows are held back from the marts. "
    "Which figures that makes unknown stands in meta.held_back.",
    "source and label",
    (
        SOURCE_ID,
        Column("label", "string", "The publisher's label, exactly as printed."),
        Column("rows", "integer", "Rows held back from mart.flows.", unit="rows", minimum=1),
        Column("first_period_start", "date", "First day of the first period with the label."),
        Column("last_period_start", "date", "First day of the last period with the label."),
        Column("scheme", "string", "Publisher's vocabulary; its reviewed file is named after it."),
        Column(
            "closest",
            "string",
            "Reviewed labels of any publisher that look alike, likeliest first, with their codes, "
            "to help whoever reviews it; never used by itself. Empty if none does.",
        ),
        Column(
            "alias_line",
            "string",
            "Line of the reviewed file that would accept the first of them; empty if none does.",
        ),
    ),
    ("source_id", "label"),
)

COUNTRY_LABELS = Table(
    "meta",
    "country_labels",
    "The reviewed alias table: what each publisher's label for a country stands for.",
    "publisher's vocabulary and label",
    (
        Column("scheme", "string", "Publisher's vocabulary."),
        Column("label", "string", "The publisher's label, exactly as printed."),
        ORIGIN,
        ORIGIN_CLASS,
        Column("note", "string", "What the reviewer remarked."),
    ),
    ("scheme", "label"),
)

TABLES = (
    SOURCES,
    SNAPSHOTS,
    SNAPSHOT_FILES,
    ATTEMPTS,
    INDICATORS,
    COUNTRY_LABELS,
    QUARANTINED_LABELS,
)
