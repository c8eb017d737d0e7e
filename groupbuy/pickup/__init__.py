"""Pickup sheets, sorting lists and the handing out of goods."""
