"""What people look at: plots, skill pages, the data dictionary."""
