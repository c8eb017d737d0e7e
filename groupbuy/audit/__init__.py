"""Who did what: an append-only log, sealed in batches."""
