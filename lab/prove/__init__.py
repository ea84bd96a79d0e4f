"""The proof: campaigns of calls and faults against real servers, and a checker of what happened. See docs/proof.md."""
