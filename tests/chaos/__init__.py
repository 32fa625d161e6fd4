"""Chaos: real processes, real servers, a seeded nemesis, and phones that keep a ledger of what was acknowledged.

`python -m tests.chaos` (make chaos) runs it whole: a long round, runs of partitions, planted bugs that must be found.
"""
