"""The names and tones of all states, a file a subject; ``kit.states`` reads them."""

from groupbuy.web.kit.state_names import after_sales, goods, money, running, selling

LABELS = selling.LABELS | goods.LABELS | after_sales.LABELS | money.LABELS | running.LABELS
