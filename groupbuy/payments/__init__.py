"""Money for orders: cash through leaders, wallets, and what is paid back."""
