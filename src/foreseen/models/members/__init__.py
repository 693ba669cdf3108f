"""The members of a rule's model: each says in its own way how odd a match is."""
