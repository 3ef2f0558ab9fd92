"""The tables that publication itself writes: which edition this is, what is in it, what changed."""

from __future__ import annotations

from fcm_migration.catalog.model import Column, Table
from fcm_migration.publish.change_tables import CHANGED_SERIES, CHANGES

SCHEMA = Column("schema_name", "string", "Schema of the table.")
TABLE_NAME = Column("table_name", "string", "Name of the table.")

EDITION = Table(
    "meta",
    "edition",
    "Which edition of the warehouse this file is.",
    "this file",
    (
        Column(
            "edition_id",
            "string",
            "Fingerprint of the content: the same figures give the same edition anywhere.",
            pattern="^[0-9a-f]{12}$",
        ),
        Column("sequence", "integer", "Number of the publication in this home.", minimum=1),
        Column("published_at", "timestamp", "When the refresh that published it began (UTC)."),
        Column("content_hash", "string", "Fingerprint of all tables but those of meta, in full."),
        Column("storage_version", "string", "DuckDB storage format the file is written in."),
        Column("duckdb_version", "string", "DuckDB that wrote it."),
        Column("package_version", "string", "fcm-migration that wrote it."),
    ),
    ("edition_id",),
)
TABLES_TABLE = Table(
    "meta",
    "tables",
    "Every table of the file with its rows and fingerprint, without those of the schema computed, "
    "which hold the rows of views.",
    "table",
    (
        SCHEMA,
        TABLE_NAME,
        Column(
            "source_id",
            "string",
            "Dataset a table of core or history belongs to; null elsewhere.",
            nullable=True,
        ),
        Column("title", "string", "What the table holds."),
        Column("grain", "string", "What one row is."),
        Column("caveats", "string", "What to know before quoting a figure."),
        Column("row_count", "integer", "Rows.", unit="rows", minimum=0),
        Column("table_hash", "string", "Fingerprint of the rows."),
    ),
    ("schema_name", "table_name"),
)
COLUMNS = Table(
    "meta",
    "columns",
    "The data dictionary: every column with type, unit and meaning.",
    "column",
    (
        SCHEMA,
        TABLE_NAME,
        Column("position", "integer", "Place of the column.", minimum=1),
        Column("column_name", "string", "Name."),
        Column("data_type", "string", "DuckDB type."),
        Column("unit", "string", "Unit; null where a value has none.", nullable=True),
        Column("is_nullable", "boolean", "Whether a value may be missing."),
        Column("is_key", "boolean", "Whether it is part of the key."),
        Column("description", "string", "Meaning."),
    ),
    ("schema_name", "table_name", "column_name"),
)
TABLES = (EDITION, TABLES_TABLE, COLUMNS, CHANGES, CHANGED_SERIES)
