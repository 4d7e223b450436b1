"""Conditions that differ in needless parentheses."""

from __future__ import annotations

import pytest

from promptlib.autogenerate.compare.associative import flatten_condition


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CHECK (((p) AND ((q) AND (r))))", "CHECK (((p) AND (q) AND (r)))"),
        ("((((a) OR (b)) OR ((c) OR (d))))", "(((a) OR (b) OR (c) OR (d)))"),
        ("((a AND (b AND (c AND d))))", "((a AND b AND c AND d))"),
        ("((NOT a) AND (f(x) AND b))", "((NOT a) AND f(x) AND b)"),
        ("btree (a) WHERE ((a) AND ((b) AND (c)))", "btree (a) WHERE ((a) AND (b) AND (c))"),
        ("((a = ' AND  (') AND ((b) AND (c)))", "((a = ' AND  (') AND (b) AND (c))"),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert one != other
    assert flatten_condition(one) == flatten_condition(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("((a) AND ((b) OR (c)))", "((a) AND (b) OR (c))"),
        ("(((a) AND (b)) OR (c))", "((a) AND ((b) OR (c)))"),
        ("(NOT (a AND b)) AND c", "(NOT a) AND b AND c"),
        ("f((a AND b)) AND c", "f(a) AND b AND c"),
        ("a AND f (b AND c)", "a AND f b AND c"),
        ("(a = 'x  y')", "(a = 'x y')"),
        ('("a b" > 0)', '("a  b" > 0)'),
        ("(a - (b - c))", "(a - b - c)"),
        ("CASE WHEN a AND (b AND c) THEN d END", "CASE WHEN a AND b AND c THEN d END"),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    assert flatten_condition(one) != flatten_condition(other)
