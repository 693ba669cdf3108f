"""Why a prediction came out as it did, in plain sentences with counts."""
