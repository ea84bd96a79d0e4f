"""One's own account: a file for each part of the page. The services decide what may be done."""
