"""Every sentence that a resident can receive, by key, and how residents say simple things.

The engine and the counters deal in keys (`dialog.Say`); a door renders them here.
"""

from wording.book import Book, Keyed, load_book

__all__ = ["Book", "Keyed", "load_book"]
