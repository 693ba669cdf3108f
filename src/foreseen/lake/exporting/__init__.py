"""Events for others: OCSF files in the Security Lake layout."""
