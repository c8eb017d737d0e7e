"""Commission plans and what leaders earn (佣金)."""
