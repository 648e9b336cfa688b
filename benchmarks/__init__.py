"""Measurements, never tests: ratios within one run on one machine.

`python -m benchmarks.NAME`; what they found stands in RESULTS.md.
"""
