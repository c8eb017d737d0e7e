"""Community group-buy, joined up from the opening of a round to the last fen."""
