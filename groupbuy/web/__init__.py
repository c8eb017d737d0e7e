"""Pages for residents, leaders and operators."""
