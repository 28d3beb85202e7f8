"""Lists of other departments held against everybody on a post (R-3.5b; F-06, F-07, F-09).

kinds       which lists there are, and what a hit of each means (`kinds.yaml`)
reading     a file's rows, each trouble by its cell
taking      a list comes in: kept once, compared at once
taking_back one that was not the right one goes again
comparing   who of the programme stands on a list, in one statement
holding     what a hit holds: the month's line, the payment, days after a death
asking      who is told, and what the worker says to it
deciding    the town finds, the district decides
missing     which lists have not come
work        what all this puts on the worklists
"""
