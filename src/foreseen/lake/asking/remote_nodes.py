"""What a query for another engine may consist of: everything that is not named here is refused.

An engine of somebody else has functions that read files, secrets or run code, and more with each
release, so that a list of what is forbidden would always lack some.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

_QUERY: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered,
    exp.Limit, exp.Offset, exp.Subquery, exp.With, exp.CTE, exp.Table, exp.TableAlias, exp.Alias,
    exp.Union, exp.Except, exp.Intersect, exp.Distinct, exp.Window, exp.WindowSpec, exp.Qualify,
    exp.Filter, exp.IgnoreNulls, exp.Unnest, exp.Explode,
)  # fmt: skip
_VALUES: tuple[type[exp.Expr], ...] = (
    exp.Column, exp.Identifier, exp.Star, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Case,
    exp.If, exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam, exp.Interval, exp.Var,
    exp.Tuple, exp.Array, exp.Bracket, exp.Lambda, exp.In, exp.Between, exp.Exists, exp.Any,
    exp.Like, exp.ILike, exp.Escape, exp.Is, exp.Not, exp.Neg, exp.And, exp.Or, exp.EQ, exp.NEQ,
    exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Add, exp.Sub, exp.Mul,
    exp.Div, exp.IntDiv, exp.Mod, exp.DPipe, exp.BitwiseAnd, exp.BitwiseOr,
)  # fmt: skip
FUNCTIONS: Mapping[type[exp.Expr], str] = MappingProxyType(
    {
        exp.Count: "count", exp.CountIf: "count_if", exp.Sum: "sum", exp.Avg: "avg",
        exp.Min: "min", exp.Max: "max", exp.Median: "median", exp.Stddev: "stddev",
        exp.Variance: "variance", exp.ApproxDistinct: "approx_count_distinct",
        exp.ArgMax: "arg_max", exp.ArgMin: "arg_min", exp.AnyValue: "any_value",
        exp.LogicalAnd: "bool_and", exp.LogicalOr: "bool_or", exp.ArrayAgg: "list",
        exp.RowNumber: "row_number", exp.Rank: "rank", exp.DenseRank: "dense_rank",
        exp.Lag: "lag", exp.Lead: "lead", exp.FirstValue: "first_value",
        exp.LastValue: "last_value",
        exp.Lower: "lower", exp.Upper: "upper", exp.Trim: "trim", exp.Length: "length",
        exp.Substring: "substring", exp.StrPosition: "strpos", exp.StartsWith: "starts_with",
        exp.EndsWith: "ends_with", exp.Contains: "contains", exp.Concat: "concat",
        exp.Replace: "replace", exp.SplitPart: "split_part", exp.RegexpLike: "regexp_matches",
        exp.RegexpExtract: "regexp_extract", exp.MD5: "md5",
        exp.Coalesce: "coalesce", exp.Nullif: "nullif", exp.Greatest: "greatest",
        exp.Least: "least", exp.Abs: "abs", exp.Round: "round", exp.Floor: "floor",
        exp.Ceil: "ceil", exp.Ln: "ln", exp.Sqrt: "sqrt",
        exp.ArrayContains: "list_contains", exp.ArrayFilter: "list_filter",
        exp.MapKeys: "map_keys", exp.UnixToTime: "epoch_ms", exp.TimestampTrunc: "date_trunc",
        exp.DateTrunc: "date_trunc", exp.TimeToStr: "strftime", exp.Extract: "extract",
    }
)  # fmt: skip
"""Functions that mean the same on both sides, by their names in DuckDB."""

ALLOWED: frozenset[type[exp.Expr]] = frozenset((*_QUERY, *_VALUES, *FUNCTIONS))
