"""Version 1 of the API. Other programs rely on its shapes."""
