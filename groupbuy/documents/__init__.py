"""Writers and readers of spreadsheets and PDF; the only room that knows their libraries."""
