"""Every write, and what decides about it. Keyword-only typed functions that own their transaction."""
