"""Named errors: each has a code, an HTTP status and the data that helps to do better."""
