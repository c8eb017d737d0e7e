"""Writers and readers of spreadsheets and PDF; the only room that knows their libraries.

What others call:

- ``sheet``: ``Sheet``, ``Column``, ``Kind``, ``Group``, ``table`` — the plain value of a printed table
- ``xlsx.write_xlsx(sheets, qr_codes=True)`` — a workbook, a tab per sheet
- ``pdf.write_pdf(sheets)`` — one PDF for print, the sheets one after another
- ``csv_files.csv_for_people(sheet)``, ``csv_files.csv_for_reading(headers, rows)`` — for eyes, and for import
- ``capitals.rmb_capitals(fen)`` — 人民币大写
- ``files.write_whole``, ``files.written_whole``, ``files.write_zip`` — files that are whole or not there
- ``reading.read_table(path or bytes, name)`` — a ``Table`` from .csv or .xlsx, or ``faults.UnreadableTable``
- ``marking.mark_up(content, faults, name)`` — the file back with a column 错误原因
- ``templates.write_template(title, columns, notes)`` — a workbook to fill in
"""
