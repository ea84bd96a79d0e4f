"""Each view parses, calls one function and answers."""
