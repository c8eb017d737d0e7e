"""Benchmarks: each prints ratios against a floor that it measured in the same run."""
