"""The versions of ToGo and of its API; pyproject.toml has the first one, too."""

VERSION = "0.1.0"
# Rises with a change that docs/compatibility.md doesn't allow within a version.
API_VERSION = 1
