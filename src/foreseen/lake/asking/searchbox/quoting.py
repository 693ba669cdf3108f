"""Values as SQL literals: the one place where text of a person becomes part of a statement."""


def quoted(text: str) -> str:
    """A text as a literal; in SQL's plain literals only the quote itself has a meaning."""
    return "'" + text.replace("'", "''") + "'"
