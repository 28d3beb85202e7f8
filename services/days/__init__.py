"""Days on the post: what each side says of them, and what they count as (plan 三(五), R-3.5d).

Events are said (`signing`, `roll`, `confirming`, `backfill`, `disputes`), days are derived from
them (`deriving`), close in the evening and for good after the last late arrival (`closing`), and
are locked by the month (`lock`).
"""
