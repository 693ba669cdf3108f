"""The console as browsers get it: built files, and one page with a policy of its own."""
