"""The law shelf: dated values with their sources, rule sets as data, and pure functions.

Nothing here knows a table, a web request or today's date: days come in as arguments named for what
the law counts. ``rules.parameters.all_parameters()`` and ``rules.rulesets.load(name)`` read and
check the data files; call them at start-up, so that an unsound file stops the service at once.
"""
