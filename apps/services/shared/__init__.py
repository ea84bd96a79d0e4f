"""What the services of several APIs share."""
