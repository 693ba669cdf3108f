"""One way in for every form of labelled matches: its columns say which one it is."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.studies.benchmark.dataset import Dataset
from foreseen.studies.benchmark.loaders import ait_ads, atomic_evtx, generic
from foreseen.studies.benchmark.loaders.columns import missing_from
from foreseen.studies.benchmark.splits import chosen_cuts

_FORMS = {
    "the documented form": generic.COLUMNS,
    "AIT-ADS": ait_ads.COLUMNS,
    "atomic-evtx": atomic_evtx.COLUMNS,
}

_KNOWN = {
    *generic.OPTIONAL,
    *atomic_evtx.OPTIONAL,
    *(name for columns in _FORMS.values() for name in columns),
}


def load(path: Path, train_until: int | None = None, calibrate_until: int | None = None) -> Dataset:
    """The data set of a Parquet file in the documented form, of AIT-ADS or of atomic-evtx.

    Columns that the form does not know do no harm. A column `part` (train, cal or test) decides
    where it is present, before any cut in time.

    Args:
        path: The file.
        train_until: First ms UTC that is not of train; a session belongs where it begins.
        calibrate_until: First ms UTC that is of test. Without the two the form's own split holds.

    Raises:
        NotFoundError: There is no such file.
        MalformedInputError: It is not Parquet or of no known form, or a column is wrong.
        ConfigurationError: The cuts are not in order, or one is missing.
    """
    cuts = chosen_cuts(train_until, calibrate_until)
    table = _read(path)
    try:
        return _recognised(table, cuts, path.stem)
    except MalformedInputError as error:
        raise MalformedInputError(f"{path}: {error}") from error


def _read(path: Path) -> pa.Table:
    """Columns of the file that any form knows."""
    if not path.is_file():
        raise NotFoundError(f"{path}: there is no such file: give one Parquet file")
    try:
        known = [name for name in pq.read_schema(path).names if name in _KNOWN]
        twice = sorted({name for name in known if known.count(name) > 1})
        if twice:
            raise MalformedInputError(f"{path}: columns stand twice: {', '.join(twice)}: drop one")
        return pq.read_table(path, columns=known, use_threads=False, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise MalformedInputError(f"{path}: cannot be read as Parquet: {error}") from error


def _recognised(table: pa.Table, cuts: tuple[int, int] | None, name: str) -> Dataset:
    lacking = {form: missing_from(table, columns) for form, columns in _FORMS.items()}
    if not lacking["the documented form"]:
        return generic.load_generic(table, cuts, name=name)
    if not lacking["AIT-ADS"]:
        return ait_ads.load_ait_ads(table, cuts)
    if not lacking["atomic-evtx"]:
        return atomic_evtx.load_atomic_evtx(table, cuts)
    told = "; ".join(f"{form} lacks {', '.join(names)}" for form, names in lacking.items())
    raise MalformedInputError(f"its columns are of no known form: {told} (docs/benchmark-data.md)")
