"""Files of labelled matches to data sets: one form a file, told apart by their columns."""
