"""Orders of residents and their lines."""
