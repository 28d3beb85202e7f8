"""The counters: one module per chat service, its questions and what happens at the end."""
