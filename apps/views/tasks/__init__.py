"""The catalogue of tasks: the calls and the pages."""
