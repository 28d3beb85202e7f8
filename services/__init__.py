"""The verbs: what the service does, each in the caller's transaction. Nothing here commits."""
