"""Importing files of suppliers, products, leaders, residents, offers and orders."""

from groupbuy.flows.importing.flow import KINDS, ImportResult, import_file
from groupbuy.flows.importing.sheet import Table

__all__ = ["KINDS", "ImportResult", "Table", "import_file"]
