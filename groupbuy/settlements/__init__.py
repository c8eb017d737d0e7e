"""What is owed to suppliers (采购结算): payables, invoices, statements and their payment."""
