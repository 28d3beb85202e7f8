"""One thing told to very many (issue 5, R-3.4a, R-4.5a; design.md 9).

Staff write it and choose for whom (`writing`, `audience`), somebody else agrees (`deciding`), the
clock makes out its people (`expansion`) and hands them to the router some at a time (`release`),
and everybody sees whom it reached, by what, and who still waits for a knock (`reach`). The same
words go over the village's loudspeaker and on to the board (`paper`).
"""
