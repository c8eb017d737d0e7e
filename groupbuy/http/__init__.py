"""What pages and API share: identity, guards, idempotency, error map."""
