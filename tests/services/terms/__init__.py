"""Terms: the last day, notices, extensions, exits, suspensions, follow-up."""
