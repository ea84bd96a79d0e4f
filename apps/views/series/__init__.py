"""The calls and the pages of series."""
