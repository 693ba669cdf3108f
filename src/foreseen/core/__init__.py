"""The vocabulary of Foreseen: identities, errors, matches, predictions, decisions; imports nothing of ours."""
