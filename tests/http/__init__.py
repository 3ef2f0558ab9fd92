"""Tests of fcm_migration.http against tests.fault_server."""
