"""Measures how fast ToGo is, beside others: bin/bench."""
