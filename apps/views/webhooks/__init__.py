"""Webhooks: the calls and the pages."""
