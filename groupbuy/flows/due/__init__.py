"""What may be due at a moment, by subject: how each kind is found, and how it is done."""
