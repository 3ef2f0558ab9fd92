"""One module a step, each with its declaration named ``STEP``; the registry lists them in order."""
