"""Joins the parts: config, database, blueprints, gateways, senders."""
