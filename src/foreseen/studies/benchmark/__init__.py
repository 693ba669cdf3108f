"""The open benchmark: methods that decide which matches to show, side by side on labelled data."""
