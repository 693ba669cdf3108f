"""Steps that work elsewhere, in processes or on machines of their own, and links to them."""
