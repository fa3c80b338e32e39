import numpy as np
import pytest
from hypothesis import given

from aisle.core.records import Answers
from aisle.evaluation.scored import TOP, score
from strategies import answered_products


class TestALeafForALabel:
    def test_the_same_leaf_is_right_at_every_level(self, scored):
        assert scored(("Winter", "Winter")).right.T.tolist() == [[True, True, True]]

    def test_a_sibling_is_right_above(self, scored):
        assert scored(("Rain", "Winter")).right.T.tolist() == [[True, True, False]]

    def test_a_label_that_ends_early_stands_with_its_leaf_at_the_levels_beyond(self, scored, tree):
        one = scored(("Hats", "Hats"))
        assert one.true.T.tolist() == [[tree.find("Hats")] * 3]
        assert one.right.T.tolist() == [[True, True, True]]

    def test_a_deeper_answer_than_the_label_is_wrong_from_where_they_part(self, scored):
        assert scored(("Winter", "Sandals")).right.T.tolist() == [[True, False, False]]

    def test_a_shallower_answer_than_the_label_is_wrong_from_where_they_part(self, scored):
        assert scored(("Sandals", "Winter")).right.T.tolist() == [[True, False, False]]

    def test_an_answer_that_stops_above_the_label_is_right_down_to_there(self, scored):
        assert scored(("Boots", "Winter")).right.T.tolist() == [[True, True, False]]

    def test_no_answer_is_wrong_everywhere_and_has_no_probability(self, scored):
        one = scored((None, "Winter"))
        assert not one.right.any()
        assert one.p.tolist() == [[0.0]] * 3

    def test_the_probability_of_a_path_that_ends_is_carried_on(self, scored):
        assert scored(("Sandals", "Sandals"), p=[[0.9, 0.8, 0.1]]).p.T.tolist() == [
            pytest.approx([0.9, 0.8, 0.8])
        ]


class TestAnInnerNodeForALabel:
    @pytest.mark.parametrize("answer", ["Winter", "Rain", "Sandals", "Boots", "Shoes"])
    def test_it_and_all_below_it_are_right_at_every_level(self, scored, answer):
        assert scored((answer, "Shoes")).right.all()

    def test_a_leaf_elsewhere_is_wrong_from_where_they_part(self, scored):
        assert scored(("Sandals", "Boots")).right.T.tolist() == [[True, False, False]]

    def test_it_is_a_class_of_its_own_and_a_right_answer_counts_as_it(self, scored, tree):
        one = scored(("Winter", "Shoes"))
        assert one.true.T.tolist() == one.answer.T.tolist() == [[tree.find("Shoes")] * 3]

    def test_a_wrong_answer_stays_what_it_was(self, scored, tree):
        path = [tree.find(name) for name in ("Shoes", "Sandals", "Sandals")]
        assert scored(("Sandals", "Boots")).answer.T.tolist() == [path]

    def test_a_node_with_a_single_leaf_below_it_is_that_leaf(self, scored, tree):
        one = scored(("Leather", "Belts"))
        assert one.true[-1].tolist() == [tree.find("Leather")]
        assert one.right.all()


class TestSeveralLabels:
    @pytest.mark.parametrize("answer", ["Winter", "Hats"])
    def test_each_of_them_is_right(self, scored, answer):
        assert scored((answer, ("Winter", "Hats"))).right.all()

    def test_what_none_of_them_allows_is_wrong(self, scored):
        assert not scored(("Leather", ("Winter", "Hats"))).right.any()

    def test_their_class_is_the_deepest_node_that_holds_them_all(self, scored, tree):
        one = scored(("Rain", ("Winter", "Sandals")))
        assert one.true.T.tolist() == [[tree.find("Shoes")] * 3]
        assert one.right.T.tolist() == [[True, True, False]]


class TestWhatTrainingNeverSaw:
    def test_a_class_without_training_products_is_wrong_even_where_it_is_met(self, scored):
        assert scored(("Winter", "Winter"), unseen=["Winter"]).right.T.tolist() == [[True, True, False]]

    def test_it_is_never_right_among_the_most_probable_leaves(self, scored):
        assert not scored(("Winter", "Winter"), unseen=["Winter"]).top_right.any()

    def test_a_node_was_seen_if_something_below_it_was(self, scored):
        assert scored(("Winter", "Boots"), unseen=["Boots"]).right.all()

    def test_a_label_outside_of_the_tree_is_a_class_of_its_own_and_never_right(self, scored):
        both = scored(("Winter", 3), ("Hats", "Hats"))
        assert both.right.tolist() == [[False, True]] * 3
        assert (both.true[:, 0] == both.n_classes - 1).all()


class TestTopLeaves:
    def test_the_label_s_place_decides_from_which_k_on_it_is_right(self, scored):
        top = [["Winter", "Rain", "Sandals", "Hats", "Leather"]] * 3
        found = scored(("Winter", "Winter"), ("Winter", "Sandals"), ("Winter", "Leather"), top=top)
        assert found.top_right.tolist() == [[True, False, False], [True, True, False], [True, True, True]]

    def test_a_leaf_below_the_label_is_right(self, scored):
        assert scored(("Hats", "Boots"), top=[["Hats", "Rain"]]).top_right.T.tolist() == [[False, True, True]]

    def test_k_is_known_up_to_the_number_of_leaves_that_are_named(self, scored):
        few = scored(("Hats", "Hats"), top=[["Hats", "Rain", "Winter"]])
        assert [few.is_known_top(k) for k in TOP] == [True, True, False]

    def test_every_k_is_known_where_all_leaves_are_named(self, scored):
        every = scored(("Hats", "Hats"), top=[["Hats", "Rain", "Winter", "Sandals", "Leather"]])
        assert every.is_known_top(5)


class TestProducts:
    def test_those_without_a_label_are_left_out(self, judged):
        found, rows = score(*judged(("Hats", None), ("Hats", "Hats"), ("Hats", 2)))
        assert rows.tolist() == [1, 2]
        assert len(found) == 2

    def test_they_are_sorted_by_group(self, judged):
        found, rows = score(*judged(*[("Hats", "Hats")] * 4, group=[7, 3, 7, 1]))
        assert rows.tolist() == [3, 1, 0, 2]
        assert found.n_groups == 3

    def test_some_can_be_taken(self, scored):
        both = scored(("Rain", "Winter"), ("Hats", "Hats"))
        assert both.take(np.array([False, True])).right.T.tolist() == [[True, True, True]]

    def test_another_number_of_answers_than_products_is_refused(self, judged):
        _, truth, tree, training = judged(("Hats", "Hats"), ("Rain", "Hats"))
        answers = judged(("Hats", "Hats"))[0]
        with pytest.raises(ValueError, match="answers for 1 products and truth for 2"):
            score(answers, truth, tree, training)

    def test_paths_deeper_than_the_tree_are_refused(self, judged):
        answers, *rest = judged(("Hats", "Hats"))
        deep = Answers(
            path=np.ones((1, 4), np.int32),
            path_p=np.ones((1, 4), np.float32),
            top_leaves=answers.top_leaves,
            top_p=answers.top_p,
            mask=answers.mask,
        )
        with pytest.raises(ValueError, match="answers have 4 levels; the tree has 3"):
            score(deep, *rest)

    def test_a_node_of_a_path_without_a_probability_is_refused(self, judged):
        answers, *rest = judged(("Rain", "Rain"))
        answers.path_p[0, 1] = np.nan
        with pytest.raises(ValueError, match="path_p is no number"):
            score(answers, *rest)

    def test_paths_that_lack_the_deepest_levels_are_carried_on(self, judged):
        answers, *rest = judged(("Hats", "Hats"))
        short = Answers(
            path=answers.path[:, :1],
            path_p=answers.path_p[:, :1],
            top_leaves=answers.top_leaves,
            top_p=answers.top_p,
            mask=answers.mask,
        )
        assert score(short, *rest)[0].right.all()


class Plain:
    """One product, scored in plain words and loops: what the arrays must agree with."""

    def __init__(self, case, product):
        answers, truth, self.tree, self.training = case
        nodes = truth.node[truth.ptr[product] : truth.ptr[product + 1]]
        self.labels = [self.path_to(self.down_to_leaf(node)) for node in nodes]
        self.n_outside = int(truth.outside[product])
        self.answer = [int(node) for node in answers.path[product] if node >= 0]
        self.top = answers.top_leaves[product].tolist()
        common = self.labels[0][-1] if self.labels else 0
        for path in self.labels:
            common = self.tree.lowest_common_ancestor(common, path[-1])
        self.whole = self.path_to(self.down_to_leaf(common))

    def leaves(self, node):
        return set(range(self.tree.start[node], self.tree.stop[node]))

    def down_to_leaf(self, node):
        is_one = len(self.leaves(node)) == 1
        return int(self.tree.leaf_nodes[self.tree.start[node]]) if is_one else int(node)

    def path_to(self, node):
        return [int(step) for step in self.tree.ancestors(int(node))[::-1]]

    def is_seen(self, node):
        return self.training.own[node : self.tree.end[node]].sum() > 0

    def right(self):
        def at(path, level):
            return path[min(level, len(path) - 1)] if path else 0

        return [
            any(self.leaves(at(self.answer, k)) <= self.leaves(at(path, k)) for path in self.labels)
            and self.is_seen(at(self.whole, k))
            for k in range(self.tree.max_depth)
        ]

    def top_right(self):
        met = [any(self.leaves(leaf) <= self.leaves(path[-1]) for path in self.labels) for leaf in self.top]
        last = self.whole[-1] if self.whole else 0
        return [any(met[:k]) and self.is_seen(last) for k in TOP]

    def lengths(self):
        found = [(False, -1, 0, self.n_outside, len(self.answer))]
        for path in self.labels:
            n = sum(self.answer[: k + 1] == path[: k + 1] for k in range(len(path)))
            n_seen = sum(self.is_seen(node) for node in path[:n])
            is_met = n == len(path)
            found.append((is_met, n, n_seen, len(path), len(path) if is_met else len(self.answer)))
        return list(max(found, key=lambda one: one[:2])[2:])


@given(answered_products())
def test_whole_arrays_give_what_plain_loops_over_products_give(case):
    found, rows = score(*case)
    lengths = np.column_stack([found.n_common, found.n_true, found.n_answer])
    for i, product in enumerate(rows):
        plain = Plain(case, product)
        assert found.right[:, i].tolist() == plain.right()
        assert found.top_right[:, i].tolist() == plain.top_right()
        assert lengths[i].tolist() == plain.lengths()


@given(answered_products())
def test_right_at_a_level_is_right_at_every_level_above(case):
    right = score(*case)[0].right
    assert (right[:-1] >= right[1:]).all()


@given(answered_products())
def test_a_right_answer_counts_as_the_label_s_class(case):
    found, _ = score(*case)
    assert (found.answer[found.right] == found.true[found.right]).all()
