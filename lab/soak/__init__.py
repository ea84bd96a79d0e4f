"""`bin/soak`: runs a whole ToGo for long at half of its maximum rate; fails on an error, or if anything grows."""
