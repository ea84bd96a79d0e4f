"""What people want to be told: the API and the pages."""
