"""The month and its money (plan 三(三), 四(三)): from the days of a place to each worker's account.

facts        what the days say of each worker
sheets       a place's month: gathered, reckoned, shown
signing      village head → town → workers → district: the steps of a sheet
disputes     a worker does not agree
records      what was approved, frozen; reckoned again it is the same to the fen
batches      the file for the bank; results: what the bank says of it
corrections  a locked month put right by a record of its own; claw_backs: what must come back
funds        budgets, money that arrived, the supervision's figures
received     the confidential question whether the money came to the worker
news         whom the clock tells what
"""
