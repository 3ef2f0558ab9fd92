"""What needs an installed wheel, real processes or another program; `make test-system` runs it."""
