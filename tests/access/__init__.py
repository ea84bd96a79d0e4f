"""Who is answered what: the table, written by hand, of which docs/access.md is made and every cell is tested."""
