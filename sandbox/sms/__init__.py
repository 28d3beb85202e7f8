"""The SMS side of the outside world: two providers' send calls, receipts, and replies."""
