"""Who gets which answer: a table, written by hand, that the tests check and docs/access.md shows."""
