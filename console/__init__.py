"""The staff door: worklists, cases, notices, plan and posts, registers, tickets, audit (web)."""
