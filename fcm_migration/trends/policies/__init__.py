"""Effects of policies against placebo dates, and displacement to other routes."""
