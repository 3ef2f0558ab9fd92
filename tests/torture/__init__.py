"""Longer campaigns (`make torture`); a small version of each runs inside `make test`."""
