"""The vocabulary: identities, errors, predictions, decisions; imports nothing of ours."""
