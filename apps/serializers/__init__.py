"""Shapes in and out. No rules: what is allowed is decided by the services."""
