"""The OCSF columns that Foreseen keeps, declared without pyarrow; `arrow` turns rows into batches."""
