"""The same service as others would write it, as fair and idiomatic as can be."""
