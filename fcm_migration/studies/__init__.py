"""Studies that examine the product and never run in a refresh."""
