"""Computes plans from plain data: without the database, so that a process of its own starts in no time."""
