"""Residents, each bound to a leader."""
