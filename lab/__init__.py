"""Benchmarks, the proof and the soak, and the processes and databases that they and the tests start."""
