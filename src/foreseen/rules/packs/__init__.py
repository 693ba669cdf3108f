"""The rules that we ship, one Sigma file each with its `.test.yml` beside it, a folder a platform.

They are data: whoever may touch files lists them (`importlib.resources`) and hands the texts to
`rules.parse`; names for which `rules.cases.is_rule` is false are tests.
"""
