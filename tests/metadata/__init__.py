"""Tests of the metadata tables."""
