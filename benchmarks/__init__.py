"""Measurements: the cheapest thing that the database can do and ours, side by side in one run, as ratios.

`make bench` (or `python -m benchmarks --rows 100000 --repeats 1`) starts a PostgreSQL, a Redis and workers of its own,
prints one table and writes `benchmarks/results.json`. Nothing here is a test, and no test looks at a time.
"""
