"""What needs minutes, other programs or installations of its own; `make test-system` runs it."""
