"""The World Bank: population by country and year."""
