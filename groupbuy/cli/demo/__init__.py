"""A demonstration region: made-up people and goods, and a whole round in under a minute."""
