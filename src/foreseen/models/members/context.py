"""Context classifier: does this act belong here? Gradient boosting against corruptions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import vstack

from foreseen.models.members.features import Matrix, Sparse

if TYPE_CHECKING:
    import lightgbm

_ROUNDS = 60
_PARAMETERS = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.1,
    "min_data_in_leaf": 10,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 31,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


class Context:
    """A boosted classifier of expected (1) against corrupted (0) moments."""

    def __init__(self, booster: "lightgbm.Booster") -> None:
        """Booster: trained or loaded from its text."""
        self._booster = booster

    @classmethod
    def fit(cls, expected: Sparse, corrupted: Sparse, seed: int) -> "Context":
        """Train on expected and corrupted rows, weighted so that both sides count the same."""
        import lightgbm  # noqa: PLC0415 (a second of start-up, for who has models only)

        rows = vstack([expected, corrupted], format="csr")
        counts = (expected.shape[0], corrupted.shape[0])
        labels = np.repeat([1.0, 0.0], counts)
        weights = np.repeat([sum(counts) / max(count, 1) for count in counts], counts)
        data = lightgbm.Dataset(rows, labels, weight=weights)
        return cls(lightgbm.train({**_PARAMETERS, "seed": seed}, data, num_boost_round=_ROUNDS))

    def odds_against(self, matrix: Matrix | Sparse) -> npt.NDArray[np.float64]:
        """Log2 odds that the row is corrupted, one a row."""
        if not matrix.shape[0]:
            return np.zeros(0)
        raw = np.asarray(self._booster.predict(matrix, raw_score=True, num_threads=1), np.float64)
        return np.asarray(-raw / np.log(2), np.float64)

    def contributions(self, matrix: Matrix) -> npt.NDArray[np.float64]:
        """Each column's share of the odds against (rows, columns), in bits (TreeSHAP)."""
        shares = np.asarray(self._booster.predict(matrix, pred_contrib=True, num_threads=1))
        return np.asarray(-shares[:, :-1] / np.log(2), np.float64)

    def dump(self) -> dict[str, str]:
        """JSON-ready: LightGBM's own text form."""
        return {"booster": self._booster.model_to_string()}

    @classmethod
    def load(cls, dumped: Mapping[str, str]) -> "Context":
        """Context from `dump`.

        Raises:
            ValueError: It is no model.
        """
        import lightgbm  # noqa: PLC0415 (a second of start-up, for who has models only)
        from lightgbm.basic import LightGBMError  # noqa: PLC0415 (as above)

        try:
            return cls(lightgbm.Booster(model_str=dumped["booster"]))
        except LightGBMError as error:
            raise ValueError(str(error)) from error
