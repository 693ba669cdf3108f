"""Recorded attacks as they would look at a tenant: what gates and the ledger measure with."""
