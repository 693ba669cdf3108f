"""Where the judge step works: in the worker's own thread, or in judges of their own."""
