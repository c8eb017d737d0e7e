"""The ledger (财务日志): every movement of money booked once, between two accounts."""
