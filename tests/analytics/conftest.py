"""What tests of reports share."""

from tests.analytics.trade import trade

__all__ = ["trade"]
