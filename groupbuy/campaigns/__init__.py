"""Campaigns (团购活动) and their rounds (期次), offers and stock."""
