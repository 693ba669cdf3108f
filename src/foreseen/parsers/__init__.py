"""Wire formats to rows, one format a file; no pyarrow, no I/O."""
