"""Hypothesis strategies: Sigma rules and events that are likely to meet."""

import json
from typing import Any

import yaml
from hypothesis import strategies as st

LETTERS = "aAbB/-. \\*?1é\u0130\u212a\u017f\u03a3\n"
PLAIN = "aAbB/. 1"

words = st.text(LETTERS, max_size=5)
plain_words = st.text(PLAIN, min_size=1, max_size=3)
addresses = st.sampled_from(["10.0.0.1", "10.1.2.3", "::1", "::ffff:10.0.0.9", "fe80::1", "a", ""])
numbers = st.integers(-3, 3)
patterns = st.sampled_from(
    ["a", "^a", "a$", "A.b", "(a|b)+", "[^a]", "a?b*", "^$", r"\.", "a{2}", r"\bb", "é"]
)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


events = st.fixed_dictionaries(
    {
        "product": st.sampled_from(["auditd", "auditd", "auditd", "sysmon", None]),
        "class_uid": st.sampled_from([1007, 1007, 1001, 4001, None]),
        "activity_id": st.sampled_from([1, 1, 2, None]),
        "status_id": st.sampled_from([1, 1, 2, None]),
        "process_path": _maybe(words),
        "process_cmd_line": _maybe(words | numbers.map(str) | st.just("1.0")),
        "parent_path": _maybe(words),
        "process_pid": _maybe(numbers | st.just(2**60 + 1)),
        "dst_ip": _maybe(addresses),
        "lineage_paths": _maybe(st.lists(_maybe(words), max_size=3)),
        "unmapped": _maybe(
            st.dictionaries(
                st.sampled_from(["OriginalFileName", "Hashes", "other"]),
                _maybe(words | numbers | st.booleans() | st.lists(words, max_size=2)),
            ).map(json.dumps)
        ),
    }
)

EVENT_COLUMNS = [
    "product",
    "class_uid",
    "activity_id",
    "status_id",
    "process_path",
    "process_cmd_line",
    "parent_path",
    "process_pid",
    "dst_ip",
    "lineage_paths",
    "unmapped",
]

_texts = st.sampled_from(["Image", "CommandLine", "ParentImage", "lineage_paths", "Hashes"])
_anything = _texts | st.sampled_from(["ProcessId", "process_pid", "OriginalFileName", "dst_ip"])


def _one_or_many(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


def _item(
    fields: st.SearchStrategy[str], modifiers: list[str], values: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    return st.tuples(st.tuples(fields, st.sampled_from(modifiers)).map("".join), values)


items = st.one_of(
    _item(
        _anything,
        ["", "|contains", "|startswith", "|endswith", "|contains|all", "|cased", "|neq"],
        _one_or_many(words),
    ),
    _item(_anything, ["|contains|cased", "|startswith|cased", "|endswith|cased"], words),
    _item(_anything, ["", "|neq"], _one_or_many(st.none() | numbers | st.booleans())),
    _item(_texts, ["|re", "|re|i", "|re|m", "|re|s"], _one_or_many(patterns)),
    _item(
        st.sampled_from(["dst_ip", "CommandLine"]),
        ["|cidr", "|cidr|neq"],
        st.sampled_from(["10.0.0.0/8", "::/0", "::1/128", "0.0.0.0/0", "10.0.0.0/29"]),
    ),
    _item(
        st.sampled_from(["ProcessId", "CommandLine", "Hashes"]),
        ["|gt", "|gte", "|lt", "|lte"],
        numbers | st.just(1.5),
    ),
    _item(_anything, ["|exists"], st.booleans()),
    _item(
        _anything,
        ["|fieldref", "|fieldref|startswith", "|fieldref|endswith", "|fieldref|contains"],
        st.sampled_from(["Image", "ParentImage", "ProcessId", "lineage_paths", "Hashes"]),
    ),
    _item(_texts, ["|windash|contains", "|base64offset|contains", "|base64"], plain_words),
)
selections = st.one_of(
    st.lists(items, min_size=1, max_size=3).map(dict),
    st.lists(st.lists(items, min_size=1, max_size=2).map(dict), min_size=1, max_size=2),
    st.lists(st.text(LETTERS, min_size=1, max_size=3), min_size=1, max_size=2),
    st.fixed_dictionaries({"|all": st.lists(plain_words, min_size=1, max_size=2)}),
)
CONDITIONS = (
    "s1",
    "not s1",
    "s1 and not s2",
    "s1 or s2",
    "1 of s*",
    "all of s*",
    "not 1 of s*",
    "not (s1 and (s2 or not s1))",
    ["s1", "s2"],
)


def _rule(parts: tuple[object, object, object]) -> str:
    first, second, condition = parts
    return yaml.safe_dump(
        {
            "title": "generated",
            "id": "11111111-2222-4333-8444-555555555555",
            "logsource": {"product": "linux", "category": "process_creation"},
            "detection": {"s1": first, "s2": second, "condition": condition},
        },
        allow_unicode=True,
    )


rules = st.tuples(selections, selections, st.sampled_from(CONDITIONS)).map(_rule)
