"""Work that leaves after the commit: leased, fenced, retried."""
