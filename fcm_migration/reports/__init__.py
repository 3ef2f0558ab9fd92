"""Reports for people: charts, briefs, skill pages, the data dictionary."""
