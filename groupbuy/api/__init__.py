"""The REST API for other programs."""
