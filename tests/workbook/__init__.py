"""Tests of fcm_migration.workbook, and the writers of small spreadsheets other tests use."""
