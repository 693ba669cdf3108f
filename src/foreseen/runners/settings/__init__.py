"""What a person may set, and the file that it is read from."""
