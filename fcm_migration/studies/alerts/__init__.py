"""How good alerts are: evaluation, baselines, ranking and power."""
