"""`bin/soak`: a whole ToGo under half the load that it bears, for long; fails on an error, or when anything grows."""
