"""Faults injected on purpose, short in CI and at full size by ``scripts/faults``."""
