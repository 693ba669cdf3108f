"""Which ATT&CK techniques the rules name that label an organisation's events."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import Engine

from foreseen.control.artefacts import artefacts, content
from foreseen.core.ids import TenantId

_TAG = re.compile(r"^\s*-\s*['\"]?attack\.(t\d{4}(?:\.\d{3})?)\b", re.IGNORECASE | re.MULTILINE)
Techniques = Mapping[str, tuple[str, ...]]


def techniques_of(engine: Engine, tenant: TenantId) -> Techniques:
    """Techniques by rule, of the rules that were kept last; of a rule as its text lists its tags.

    The texts are looked through and not loaded: that would cost a second with shipped rules.
    """
    kept = artefacts(engine, tenant, "rules")
    return _told(content(engine, tenant, kept[0].hash)) if kept else {}


@lru_cache(maxsize=8)
def _told(kept: bytes) -> Techniques:
    """Of a rule set as it is kept: a name before each text, after the version of their meaning."""
    parts = kept.decode("utf-8", "replace").split("\0")[1:]
    named = zip(parts[::2], parts[1::2], strict=False)
    found = {name: tuple(dict.fromkeys(map(str.upper, _TAG.findall(text)))) for name, text in named}
    return MappingProxyType({name: techniques for name, techniques in found.items() if techniques})
