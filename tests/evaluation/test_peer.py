import numpy as np

from aisle.evaluation.peer import answers_of_nodes


def test_a_leaf_becomes_the_path_to_it_with_certainty(tree):
    answers = answers_of_nodes(tree, np.array([tree.find("Sandals")], np.int32))
    assert answers.path.tolist() == [[tree.find("Shoes"), tree.find("Sandals"), -1]]
    assert answers.path_p[0, :2].tolist() == [1.0, 1.0]
    assert np.isnan(answers.path_p[0, 2])
    assert answers.top_leaves.tolist() == [[tree.find("Sandals")]]


def test_the_root_stands_for_no_answer(tree):
    answers = answers_of_nodes(tree, np.array([0], np.int32))
    assert answers.path.tolist() == [[-1, -1, -1]]
    assert answers.top_leaves.tolist() == [[-1]]


def test_masks_are_kept_and_are_empty_where_none_are_given(tree):
    node = np.array([1], np.int32)
    assert answers_of_nodes(tree, node).mask.tolist() == [0]
    assert answers_of_nodes(tree, node, np.array([33], np.uint8)).mask.tolist() == [33]
