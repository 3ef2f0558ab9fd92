"""Tests with real programs, which take minutes: installed wheels, servers, other interpreters."""
