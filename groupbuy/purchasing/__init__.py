"""Demand, case rounding and purchase orders (采购单)."""
