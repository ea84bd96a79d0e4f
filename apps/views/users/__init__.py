"""People: the calls, the pages, and the page behind a link to choose a password."""
