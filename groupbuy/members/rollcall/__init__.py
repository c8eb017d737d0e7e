"""Roll-calls (接龙): order lists kept as chat text, read as people write them. Pure: no session, no clock."""
