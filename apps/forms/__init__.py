"""Forms of the pages. They only parse: the services decide what is allowed."""
