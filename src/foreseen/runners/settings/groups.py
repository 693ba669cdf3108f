"""Groups of workloads in a settings file: a new workload leans on the history of its group."""

from foreseen.rules.document import Document, RuleError

KEY = "groups"


def parse_groups(document: Document) -> tuple[dict[str, str], list[RuleError]]:
    """Group by workload, and what is wrong.

    In the file each group has a list of its workloads: `groups: {front: [web, shop]}`.
    """
    told = document.data.get(KEY, {})
    line = document.line_of(KEY)
    if not isinstance(told, dict):
        return {}, [document.error(line, f"'{KEY}' names each group with a list of workloads")]
    groups: dict[str, str] = {}
    problems = []
    for name, members in told.items():
        if not isinstance(name, str) or not _is_list_of_names(members):
            problems.append(
                document.error(line, f"group {name!r} needs a list of names of workloads")
            )
            continue
        twice = [one for one in members if groups.setdefault(one, name) != name]
        problems += [
            document.error(line, f"workload '{one}' is in '{groups[one]}' and '{name}'; keep one")
            for one in twice
        ]
    return groups, problems


def _is_list_of_names(members: object) -> bool:
    return isinstance(members, list) and all(isinstance(m, str) and m for m in members)
