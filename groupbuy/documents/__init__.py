"""Writers and readers of spreadsheets and PDF; the only room that knows their libraries.

What others call:

- ``sheet``: ``Sheet``, ``Column``, ``Kind``, ``Group``, ``table`` — the plain value of a printed table
- ``xlsx.write_xlsx(sheets, qr_codes=True)`` — a workbook, a tab per sheet
- ``pdf.write_pdf(sheets)`` — one PDF for print, the sheets one after another
- ``reading.read_table(path or bytes, name)`` — a ``Table`` from .csv or .xlsx, or ``faults.UnreadableTable``
"""
