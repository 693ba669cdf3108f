"""Arrow's functions and arrays under types that hold: the stubs know few of their forms."""

from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

Array: TypeAlias = Any  # an arrow array: the stubs deny it `flatten` and mistake `pa.array(numpy)`
Lists: TypeAlias = "pa.ListArray[Any]"
Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]

compute: Any = pyarrow.compute


def truth_of(array: Array) -> Mask:
    """Arrow booleans as numpy's; null counts as false."""
    mask: Mask = compute.fill_null(array, False).to_numpy(zero_copy_only=False)  # noqa: FBT003
    return mask


def texts_of(array: Array) -> list[str]:
    """Texts of an array that has no nulls."""
    texts: list[str] = array.to_pylist()
    return texts


def array_of(values: object, kind: pa.DataType | None = None) -> Array:
    """An arrow array of numpy or Python values; whole numbers of numpy are not copied."""
    if isinstance(values, np.ndarray) and values.dtype in _WHOLE:
        whole = np.ascontiguousarray(values)  # `pa.array` would look for pandas at every call
        buffer = pa.py_buffer(cast("Any", whole))
        return pa.Array.from_buffers(_WHOLE[values.dtype], len(whole), [None, buffer])
    make: Any = pa.array
    return make(values, kind)


def encoded(array: Array) -> tuple[Array, Codes]:
    """Distinct values of an array without nulls, and for each entry which one it is."""
    found = array.dictionary_encode()
    codes: Codes = found.indices.to_numpy()
    return found.dictionary, codes


_WHOLE = {np.dtype(np.int64): pa.int64(), np.dtype(np.uint64): pa.uint64()}
