"""The proof: runs campaigns of calls and faults against real servers, and checks the results. See docs/proof.md."""
