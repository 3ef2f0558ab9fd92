"""Core tables: each published dataset in its publisher's own terms, newest release and history."""
