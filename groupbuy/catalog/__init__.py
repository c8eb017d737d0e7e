"""Suppliers, categories, brands and products."""
