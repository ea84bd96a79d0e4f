"""The rules that limits are picked from: the calls and the pages."""
