"""The term of an engagement: its last day, the notices before it, extension, exit, suspension, the
vacancy, and the follow-up afterwards.

    reckoning   the last day by the law, with all that it was made from; kept with history
    walk        the one way to take a step of `models.term_steps`
    extensions, exits, pauses   opening such a matter
    settling    what a step brings with it
    notices     telling the worker in time, and ending terms that are over
    vacancies, followups        after somebody left
"""
