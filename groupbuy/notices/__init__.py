"""What people are told of, by which channel and in which words: one table, one way of telling."""
