"""Importing files of suppliers, products, their further suppliers, leaders, residents, offers and orders."""

from groupbuy.flows.importing.flow import KINDS, ImportResult, import_file
from groupbuy.flows.importing.sheet import Table

__all__ = ["KINDS", "ImportResult", "Table", "import_file"]
