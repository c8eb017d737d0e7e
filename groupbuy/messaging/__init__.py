"""Mail and other messages to people, behind a sender protocol."""
