"""The OCSF columns that we keep, declared without pyarrow; `arrow` makes batches of rows."""
