import json

import numpy as np
import pytest

from aisle.core.errors import AisleError
from aisle.encoders.ngrams.settings import NgramSettings, plan_of, read_settings

TITLE = {"field": "title", "kind": "words"}


class TestReadSettings:
    def test_without_a_word_they_are_those_of_the_text_model(self):
        settings = read_settings({})
        assert (settings.dim, settings.buckets, settings.idf_power, settings.min_df) == (96, 2**20, 0.5, 1)
        blocks = {b.name: (b.n, b.weight) for b in settings.ordered_blocks()}
        assert blocks == {
            "title_words": ((1, 2), 1.5),
            "title_chars": ((3, 5), 1.5),
            "description_words": ((1, 2), 1.0),
            "brand_words": ((1, 2), 0.5),
            "merchant_category_words": ((1, 2), 0.7),
            "merchant_category_chars": ((3, 5), 0.7),
            "link_words": ((1, 2), 0.8),
            "link_chars": ((3, 5), 0.8),
        }

    def test_blocks_named_are_all_blocks_there_are(self):
        settings = read_settings({"blocks": {"t": TITLE}})
        assert [b.name for b in settings.ordered_blocks()] == ["t"]

    def test_the_order_in_which_blocks_are_written_makes_no_difference(self):
        settings = NgramSettings()
        backwards = NgramSettings(blocks=dict(reversed(settings.blocks.items())))
        assert settings.ordered_blocks() == backwards.ordered_blocks()

    def test_settings_written_as_json_are_read_again_as_they_were(self):
        settings = read_settings({"dim": 32, "blocks": {"t": TITLE | {"n": [1, 3], "weight": 2}}})
        again = read_settings(json.loads(json.dumps(settings.as_json(), sort_keys=True)))
        assert again.as_json() == settings.as_json()

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"dims": 96}, "there is no setting ngrams.dims; did you mean 'dim'?"),
            ({"dim": 100}, "ngrams.dim is 100; it must be a multiple of 16"),
            ({"dim": 0}, "ngrams.dim is 0"),
            ({"dim": True}, "ngrams.dim is True; it must be a whole number"),
            ({"buckets": 1000}, "ngrams.buckets is 1000; it must be a power of two"),
            ({"buckets": -8}, "ngrams.buckets is -8"),
            (
                {"buckets": 2**28, "blocks": {str(i): TITLE for i in range(9)}},
                "times 9 blocks it is above 2**31",
            ),
            ({"idf_power": -1}, "ngrams.idf_power is -1.0"),
            ({"min_df": 0}, "ngrams.min_df is 0"),
            ({"blocks": {}}, "name at least one"),
            ({"blocks": 3}, "ngrams.blocks is no table"),
            ({"blocks": {"t": 3}}, "ngrams.blocks.t is 3; it must be a table"),
            ({"blocks": {"t": {"weight": 2}}}, "ngrams.blocks.t has no field; known: title, description"),
            ({"blocks": {"t": TITLE | {"kind": "wrods"}}}, "kind is 'wrods'; did you mean 'words'?"),
            ({"blocks": {"t": TITLE | {"field": "titel"}}}, "field is 'titel'; did you mean 'title'?"),
            ({"blocks": {"t": TITLE | {"field": "image"}}}, "ngrams.blocks.t.field is 'image'"),
            ({"blocks": {"t": TITLE | {"kind": "link_words"}}}, "reads the field 'link' alone"),
            (
                {"blocks": {"t": TITLE | {"wieght": 1}}},
                "no setting ngrams.blocks.t.wieght; did you mean 'weight'",
            ),
            ({"blocks": {"t": TITLE | {"n": [2, 1]}}}, "ngrams.blocks.t.n is [2, 1]"),
            ({"blocks": {"t": TITLE | {"n": 2}}}, "ngrams.blocks.t.n is 2"),
            ({"blocks": {"t": TITLE | {"kind": "chars", "n": [1, 2]}}}, "ngrams.blocks.t.n is [1, 2]"),
            ({"blocks": {"t": TITLE | {"weight": 0}}}, "ngrams.blocks.t.weight is 0"),
            ({"blocks": {"t": TITLE | {"weight": "a"}}}, "ngrams.blocks.t.weight is 'a'"),
        ],
    )
    def test_a_fault_is_named_with_its_value_and_what_can_be(self, values, message):
        with pytest.raises(AisleError) as error:
            read_settings(values)
        assert message in str(error.value)
        assert "\n" not in str(error.value)

    def test_all_faults_are_told_at_once(self):
        with pytest.raises(AisleError) as error:
            read_settings(
                {"dims": 1, "buckets": 3, "min_df": 0, "blocks": {"a": {"field": "x", "kind": "y"}}}
            )
        for fault in ("ngrams.dims", "ngrams.buckets", "ngrams.min_df", "a.field is 'x'", "a.kind is 'y'"):
            assert fault in str(error.value)


class TestPlanOf:
    def test_fields_and_kinds_become_their_numbers(self):
        settings = read_settings({"blocks": {"l": {"field": "link", "kind": "link_chars"}, "t": TITLE}})
        assert np.array_equal(plan_of(settings.ordered_blocks()), [[0, 0, 1, 2], [4, 3, 3, 5]])
