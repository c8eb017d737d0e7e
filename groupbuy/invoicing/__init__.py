"""Invoices for residents (电子发票): asked for on an order, made outside, brought back as a file.

There is no interface to the tax administration here: whoever keeps the books makes the invoice in the tax
system and notes its number with the file.
"""
