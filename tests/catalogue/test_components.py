import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aisle.catalogue.components import connect
from aisle.catalogue.tables import open_tables


def found(pairs):
    """From each node that has a neighbour to the smallest node of its component."""
    edges = pa.table({name: pa.array([pair[i] for pair in pairs], pa.int64()) for i, name in enumerate("ab")})
    with (
        tempfile.TemporaryDirectory() as folder,
        open_tables(Path(folder), memory_mb=100, n_threads=2) as tables,
    ):
        tables.register("given_edges", edges)
        connect(tables, "given_edges", "found")
        return dict(tables.execute("SELECT node, root FROM found").fetchall())


def expected(pairs):
    """The same by relabelling one edge at a time."""
    root = {node: node for pair in pairs if pair[0] != pair[1] for node in pair}
    for a, b in pairs:
        if a != b:
            low, high = sorted((root[a], root[b]))
            root = {node: low if old == high else old for node, old in root.items()}
    return root


def test_two_separate_pairs_are_two_components():
    assert found([(1, 2), (4, 3)]) == {1: 1, 2: 1, 3: 3, 4: 3}


def test_loops_and_doubles_join_nothing_more():
    assert found([(5, 5), (1, 2), (2, 1), (1, 2)]) == {1: 1, 2: 1}


def test_no_edges_make_no_components():
    assert found([]) == {}


def test_a_long_chain_is_one_component():
    chain = [(i, i + 1) for i in range(0, 4000, 2)] + [(i, i + 1) for i in range(3999, 0, -2)]
    assert set(found(chain).values()) == {0}


@hypothesis_settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 30), st.integers(-9, 30)), max_size=60))
def test_components_are_those_of_relabelling_edge_by_edge(pairs):
    assert found(pairs) == expected(pairs)
