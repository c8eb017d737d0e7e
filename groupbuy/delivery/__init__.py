"""Routes and their stops: how a day's goods get to the leaders, and what the leaders sign for."""
