"""Use cases that span several domains, each a recipe."""
