"""Sign-in identities and their roles."""
