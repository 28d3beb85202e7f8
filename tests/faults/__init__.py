"""What survives when a process is killed in the middle of many messages.

`python -m tests.faults [MESSAGES]` plays all of it at full length and prints the counts;
`test_faults.py` plays the cheap half of it with few messages and short waits.
"""
