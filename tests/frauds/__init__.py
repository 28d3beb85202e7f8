"""Fraud about days, the harm opposite to it, and bad input: each by its name."""
