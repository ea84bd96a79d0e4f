"""Forms of the pages. No rules: what is allowed is decided by the services."""
