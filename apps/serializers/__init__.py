"""The shapes of requests and responses. Services decide what is allowed."""
