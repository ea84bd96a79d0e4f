"""The embedded way: `bin/run` starts everything that ToGo needs on one machine, and stops it."""
