"""Moving in from another app: its export workbook becomes residents, products to review, and orders."""
