"""Weighed goods (多退少补): what each line weighs, and what it costs by that."""
