"""Delta tables, the cursor in the table's transaction, and read-only SQL over them."""
