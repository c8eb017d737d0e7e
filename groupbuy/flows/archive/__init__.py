"""Orders of old rounds are moved to tables of their own, where they stay readable."""
