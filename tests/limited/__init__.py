"""Tests of reading in a limited process."""
