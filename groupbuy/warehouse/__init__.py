"""Goods that arrive, what is short of them, and what lies in stock (库房)."""
