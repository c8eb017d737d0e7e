"""After-sale cases: what somebody asks for when goods were not as they should be, and what is decided."""
