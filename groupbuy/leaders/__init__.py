"""Leaders (团长), their communities, pickup points and rest days."""
