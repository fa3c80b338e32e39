import numpy as np

from aisle.core.records import mask_of
from aisle.evaluation.slices import OTHERS, by_evidence, by_frequency, by_label, by_name, by_seen
from aisle.evaluation.truth import Names


def sizes(slices):
    return {name: int(chosen.sum()) for name, chosen in slices}


def test_labels_are_a_leaf_an_inner_node_or_outside():
    assert sizes(by_label(np.array([1, 1, 3, 0]))) == {"leaf": 2, "inner": 1, "outside": 1}


def test_classes_are_seen_from_one_training_product_on():
    assert sizes(by_seen(np.array([0, 1, 9]))) == {"seen": 2, "unseen": 1}


def test_training_frequencies_begin_where_their_names_say():
    n_training = np.array([0, 1, 4, 5, 19, 20, 99, 100, 10**6])
    found = sizes(by_frequency(n_training, np.ones(9, np.int64)))
    assert found == {"0": 1, "1-4": 2, "5-19": 2, "20-99": 2, "100+": 2}


def test_inner_labels_have_no_place_among_the_leaves_frequencies():
    assert sum(sizes(by_frequency(np.array([3, 3, 0]), np.array([1, 5, 0]))).values()) == 2


def test_the_largest_names_stand_alone_and_the_others_together():
    names = Names.of(["b", "a", "c", "b", "d", "a", "b"])
    found = sizes(by_name(names, np.arange(7), 2))
    assert list(found.items()) == [("b", 3), ("a", 2), (OTHERS, 2)]


def test_equals_are_in_the_order_of_their_names():
    assert list(sizes(by_name(Names.of(["y", "x"]), np.arange(2), 5))) == ["x", "y"]


def test_names_without_a_scored_product_are_left_out():
    assert sizes(by_name(Names.of(["a", "b", "b"]), np.array([1, 2]), 5)) == {"b": 2}


def test_masks_are_named_by_the_fields_that_speak_the_most_frequent_first():
    mask = np.array([mask_of("title+image"), mask_of("title"), mask_of("title+image"), 0], np.uint8)
    assert list(sizes(by_evidence(mask)).items()) == [("title+image", 2), ("none", 1), ("title", 1)]
