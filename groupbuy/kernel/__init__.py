"""Money, clock, ids and errors: the standard library only."""
