"""Several columns as one key a row."""

from collections.abc import Sequence
from typing import cast

import pyarrow.compute as pc

from foreseen.schema.arrow import AnyArray


def joined(columns: Sequence[AnyArray], separator: str) -> AnyArray:
    """The columns' texts joined row by row; null where one of them is null."""
    # The stubs of pyarrow do not know that the separator may be a plain string.
    join = cast("object", pc.binary_join_element_wise)
    return cast("AnyArray", join(*columns, separator))  # type: ignore[operator]
