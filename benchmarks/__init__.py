"""Measurements, never tests: ratios within one run on one machine. `python -m benchmarks.NAME`; results in RESULTS.md."""
