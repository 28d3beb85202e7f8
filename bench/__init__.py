"""Speed, measured side by side: `python -m bench` prints the table of docs/bench.md.

Nothing here is part of the service, and no test asserts a time.
"""
