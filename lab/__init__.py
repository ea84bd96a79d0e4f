"""ToGo under measurement: benchmarks, the proof, the soak, and the processes and databases they start."""
