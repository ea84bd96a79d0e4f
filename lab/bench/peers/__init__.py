"""The same service with other frameworks, written as fairly and idiomatically as possible."""
