"""Recipes: read by name or file, changed, extended, and checked whole."""

import tomllib

import pytest

from aisle.core.errors import AisleError
from aisle.training.recipe import read_recipe, recipe_names

TITLES = """
[words]
encoder = "ngrams"
dim = 32

[words.blocks]
title_words = { field = "title", kind = "words", n = [1, 2], weight = 1.5 }
title_chars = { field = "title", kind = "chars", n = [3, 4], weight = 1.0 }

[training]
epochs = 3

[training.rates.words]
table = 2.0
head = 0.5
"""


@pytest.fixture
def write(tmp_path):
    """Write a recipe file; give its path as a user would."""

    def file(name, text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return file


def said(name, *changes):
    with pytest.raises(AisleError) as error:
        read_recipe(name, changes)
    return str(error.value)


class TestReading:
    @pytest.mark.parametrize("name", recipe_names())
    def test_every_shipped_recipe_is_without_fault(self, name):
        recipe = read_recipe(name)
        assert recipe.fields.keys() == recipe.encoders.keys() == recipe.training.rates.keys()

    def test_a_file_says_what_a_recipe_is(self, write):
        recipe = read_recipe(write("titles.toml", TITLES))
        assert recipe.fields == {"words": ("title",)}
        assert recipe.head == {"head": "flat"}
        assert (recipe.training.epochs, recipe.training.batch) == (3, 64)
        assert (recipe.training.rates["words"].table, recipe.training.rates["words"].head) == (2.0, 0.5)

    def test_a_single_change_is_read_as_toml_and_else_as_a_text(self, write):
        recipe = read_recipe(
            write("titles.toml", TITLES),
            [
                "words.dim=64",
                "training.validation=val",
                "training.copies = 1",
                "words.blocks.title_words.n=[2,2]",
            ],
        )
        assert recipe.encoders["words"]["dim"] == 64
        assert recipe.encoders["words"]["blocks"]["title_words"]["n"] == [2, 2]
        assert (recipe.training.validation, recipe.training.copies) == ("val", 1.0)


class TestFaults:
    def test_all_of_them_are_told_in_one_message(self):
        message = said(
            "multimodal",
            "training.epochs=-1",
            "training.batch=0",
            "text.dim=7",
            "image.fit=squeeze",
            "head.size=3",
            "training.rates.text.table=-1",
            "training.rates.txt.table=1",
            "training.epoch=1",
        )
        assert message.startswith("recipe multimodal: ")
        for part in (
            "training.epochs is -1",
            "training.batch is 0",
            "text.dim is 7",
            "image.fit is 'squeeze'",
            "there is no setting head.size",
            "training.rates.text.table is -1",
            "[training.rates.txt] is for no encoder",
            "there is no setting training.epoch",
        ):
            assert part in message

    def test_an_unknown_encoder_hides_no_other_fault(self):
        message = said("multimodal", "text.encoder=ngram", "image.size=1", "head.head=flatt")
        assert "[text] no encoder is called 'ngram'; did you mean 'ngrams'?" in message
        assert "image.size is 1" in message
        assert "no head is called 'flatt'" in message


class TestExtending:
    def test_a_recipe_changes_single_settings_of_another(self, write):
        write("titles.toml", TITLES)
        changed = """
        extends = "titles.toml"
        [words.blocks]
        title_words = { weight = 3.0 }
        brand_words = { field = "brand", kind = "words", n = [1, 1], weight = 1.0 }
        [training.rates.words]
        head = 0.1
        """
        recipe = read_recipe(write("mine.toml", changed))
        blocks = recipe.encoders["words"]["blocks"]
        assert blocks["title_words"] == {"field": "title", "kind": "words", "n": [1, 2], "weight": 3.0}
        assert list(blocks) == ["title_words", "title_chars", "brand_words"]
        assert (recipe.training.epochs, recipe.encoders["words"]["dim"]) == (3, 32)
        assert (recipe.training.rates["words"].table, recipe.training.rates["words"].head) == (2.0, 0.1)

    def test_a_table_that_names_its_encoder_takes_the_place_of_the_other(self, write):
        blocks = 'brand_words = { field = "brand", kind = "words", n = [1, 1], weight = 1.0 }'
        text = f'extends = "text_small"\n[text]\nencoder = "ngrams"\n[text.blocks]\n{blocks}\n'
        recipe = read_recipe(write("brands.toml", text))
        assert recipe.encoders == {"text": tomllib.loads(text)["text"]}
        assert recipe.fields == {"text": ("brand",)}

    def test_what_is_extended_may_extend_another_from_its_own_folder(self, write):
        write("parts/titles.toml", TITLES)
        write("parts/longer.toml", 'extends = "titles.toml"\n[training]\nepochs = 9\n')
        mine = write("mine.toml", 'extends = "parts/longer.toml"\n[training]\nbatch = 8\n')
        training = read_recipe(mine, ["training.members=2"]).training
        assert (training.epochs, training.batch, training.members) == (9, 8, 2)

    def test_a_shipped_recipe_that_extends_is_the_other_but_for_what_it_says(self):
        small, best = read_recipe("text_small"), read_recipe("text_best")
        assert (best.encoders, best.head) == (small.encoders, small.head)
        assert best.training.members == 5
        assert best.training.label_smoothing == small.training.label_smoothing == 0.4

    @pytest.mark.parametrize("length", [1, 2, 3])
    def test_a_circle_is_refused(self, write, length):
        for i in range(length):
            path = write(f"{i}.toml", f'extends = "{(i + 1) % length}.toml"\n{TITLES}')
        assert "a recipe cannot extend itself" in said(path)

    def test_what_there_is_not_cannot_be_extended(self, write):
        unknown = said(write("a.toml", 'extends = "text_smal"\n'))
        assert (
            "a.toml: extends 'text_smal', but no recipe is called 'text_smal'; did you mean 'text_small'?"
            in unknown
        )
        missing = said(write("b.toml", 'extends = "none.toml"\n'))
        assert "none.toml: no such recipe file; " in missing
        assert "b.toml extends it" in missing
        assert "b.toml: extends is 3; it must be a recipe's name" in said(write("b.toml", "extends = 3\n"))
