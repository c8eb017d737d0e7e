"""Read-only reports over all domains."""
