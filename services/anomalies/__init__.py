"""What looks odd about days: signals, scores, samples and visits (requirements section 4).

check_in_signals   signals from workers' own check-ins
village_signals    signals from what clerks and heads say
excuses            what speaks for somebody whom a signal would name
looking            finds all of them for a month, and adds them up
sampling           draws a week's sample by lot and by score, so that it can be checked
spot_checks        what a visit found, and what that does to the next draw
spot_work          the visits on the worklist, and to whom the late ones go
rates              how often a signal was a false alarm, and a day was wrongly not counted
"""
