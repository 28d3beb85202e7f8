"""The console's pages in a real Chromium, at a desk's and at a phone's width."""
