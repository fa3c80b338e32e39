"""What a user may get wrong: one line says where, what and what to do; exit code 2, nothing left behind."""

import hashlib
import json
import os
import pickle
import shlex
import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from aisle.cli.main import run

FEED = "id\ttitle\tgoogle_product_category\n"
IMAGE_RECIPE = "--recipe image_small --set image.weights=none --set image.architecture=test_resnet"
MODEL_FILES = (
    "SHA256SUMS",
    "aisle.json",
    "encoder.image.safetensors",
    "encoder.text.safetensors",
    "head.safetensors",
    "labels.tsv",
    "taxonomy.tsv",
    "trained_on.safetensors",
    "training_counts.tsv",
)


def change_a_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def rewrite(path, *without, **changes):
    """Change values of a JSON file, or take them out."""
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in content.items() if name not in without}))


class Trap:
    """A pickle that makes a folder when it is opened."""

    def __reduce__(self):
        return os.mkdir, ("opened",)


def as_if_it_were_right(model, *without, **changes):
    """Change a model's aisle.json, and its hash with it."""
    rewrite(model / "aisle.json", *without, **changes)
    digest = hashlib.sha256((model / "aisle.json").read_bytes()).hexdigest()
    sums = (model / "SHA256SUMS").read_text().splitlines()
    sums = [f"{digest}  aisle.json" if line.endswith(" aisle.json") else line for line in sums]
    (model / "SHA256SUMS").write_text("\n".join(sums) + "\n")


PART = "products/part-00000.parquet"
SPOILT_CATALOGUES = {
    "no-part": lambda folder: (folder / PART).unlink(),
    "changed-part": lambda folder: change_a_byte(folder / PART),
    "cut-part": lambda folder: cut_in_half(folder / PART),
    "no-tree": lambda folder: (folder / "taxonomy.tsv").unlink(),
    "changed-tree": lambda folder: change_a_byte(folder / "taxonomy.tsv"),
    "no-labels": lambda folder: (folder / "labels.tsv").unlink(),
    "cut-labels": lambda folder: cut_in_half(folder / "labels.tsv"),
    "no-rejected": lambda folder: (folder / "rejected.jsonl").unlink(),
    "newer": lambda folder: rewrite(folder / "catalogue.json", format=2),
    "cut-manifest": lambda folder: cut_in_half(folder / "catalogue.json"),
    "list-manifest": lambda folder: (folder / "catalogue.json").write_text("[]"),
    "no-files": lambda folder: rewrite(folder / "catalogue.json", "files"),
    "strange-files": lambda folder: rewrite(folder / "catalogue.json", files=[{"path": 1}]),
    "other-manifest": lambda folder: rewrite(folder / "catalogue.json", format="shop"),
}
SPOILT_MODELS = {
    **{f"changed-{name}": lambda folder, name=name: change_a_byte(folder / name) for name in MODEL_FILES},
    **{f"no-{name}": lambda folder, name=name: (folder / name).unlink() for name in MODEL_FILES},
    "with-pickle": lambda folder: (folder / "weights.pkl").write_bytes(pickle.dumps(Trap())),
    "newer-model": lambda folder: as_if_it_were_right(folder, format=2),
    "bare-model": lambda folder: as_if_it_were_right(folder, "head"),
}
FEEDS = {
    "empty.tsv": "",
    "header.tsv": FEED,
    "no-id.tsv": "name\ttitle\n1\tx\n",
    "broken.tsv": FEED + "1\tkite\n2\n",
    "latin.tsv": (FEED + "1\tKäse\tFood\n2\tÖl\tFood\n").encode("latin-1"),
    "pretty.json": '{\n "id": 1,\n "title": "kite"\n}\n',
    "unlabelled.tsv": FEED + "1\tkite\t\n2\tball\t\n",
    "no-label-column.tsv": "id\ttitle\n1\tkite\n2\tball\n",
    "strange.tsv": FEED + "1\tkite\tCars > Red\n2\tball\tCars\n",
    "cut.tsv.gz": b"\x1f\x8b\x08\0\0",
    "not.parquet": b"PAR1 is all that it has of Parquet",
    "picture.tsv": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "cars.txt": "1 - Cars\n",
    "not-toml.toml": "text = = 3",
    "latin.toml": "# caf\xe9\n".encode("latin-1"),
    "numbers.toml": "training = 3\nhead = 4\n[text]\nencoder = 'ngrams'\n",
    "bad-weights.safetensors": b"xx",
    "zz.tsv.rejected.jsonl": "id\ttitle\n1\tkite\n",
}


@pytest.fixture(scope="session")
def place(shop, catalogue, model, tmp_path_factory):
    """A folder with a good feed, catalogue and model, and all that can be wrong with each."""
    folder = tmp_path_factory.mktemp("bad")
    shutil.copy(shop / "shop.tsv", folder)
    shutil.copytree(catalogue, folder / "catalogue")
    shutil.copytree(model, folder / "model")
    (folder / "images").mkdir()
    for i in range(40):
        shutil.copy(shop / f"images/{i}.png", folder / "images")
    for name, content in (
        ("a-folder", "letter.txt"),
        ("a-folder.tsv", "letter.txt"),
        ("scores", "metrics.json"),
    ):
        (folder / name).mkdir()
        (folder / name / content).write_text("{}")
    for name, content in FEEDS.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    for name, spoil in SPOILT_CATALOGUES.items():
        spoil(shutil.copytree(catalogue, folder / name))
    for name, spoil in SPOILT_MODELS.items():
        spoil(shutil.copytree(model, folder / name))
    os.mkfifo(folder / "pipe")
    _fill(shutil.copytree(catalogue, folder / "full"), folder)
    (folder / "link.tsv").symlink_to(folder / "full/shop.tsv")
    rewrite(shutil.copytree(catalogue, folder / "no-root") / "catalogue.json", image_roots=["gone"])
    labels = ("Toys > Kites", "Toys > Balls")
    made = {
        "images-alone": ("--images .", [f"\timages/{i}.png\t{labels[i % 2]}" for i in range(40)]),
        "one-leaf": ("", [f"car {i}\t\tCars" for i in range(40)]),
        "no-train": ("--split-ratio 0/50/50", [f"kite {i}\t\t{labels[i % 2]}" for i in range(40)]),
        "no-val": ("--split-ratio 90/0/10", [f"kite {i}\t\t{labels[i % 2]}" for i in range(40)]),
        "no-test": ("--split-ratio 60/40/0", [f"kite {i}\t\t{labels[i % 2]}" for i in range(40)]),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, (options, rows) in made.items():
            lines = [f"{i}\t{row}\n" for i, row in enumerate(rows)]
            (folder / f"{name}.tsv").write_text(
                "id\ttitle\timage_link\tgoogle_product_category\n" + "".join(lines)
            )
            words = f"ingest {name}.tsv --taxonomy from-labels {options} --out {name}"
            assert run(shlex.split(words)) == 0
    return folder


def _fill(full, place):
    """Put into a folder that looks like everybody's output whatever could be an input."""
    for name in ("aisle.json", "metrics.json"):
        (full / name).write_text("{}")
    for name in ("shop.tsv", "cars.txt"):
        shutil.copy(place / name, full)
    for name in ("catalogue", "model", "images"):
        shutil.copytree(place / name, full / name)
    (full / "own.toml").write_text("extends = 'text_small'\n")
    (full / "link.tsv").symlink_to(place / "shop.tsv")


INGEST = [
    ("none.tsv --taxonomy from-labels", "none.tsv: no such file; check the spelling and the folder"),
    ("a-folder --taxonomy from-labels", "a-folder: is a folder, not a file"),
    (
        "pipe --taxonomy from-labels",
        "pipe: is a pipe, which can be read only once; write what comes out of it",
    ),
    ("empty.tsv --taxonomy from-labels", "empty.tsv: holds no products; check that it is the right file"),
    ("header.tsv --taxonomy from-labels", "header.tsv: holds no products"),
    ("no-id.tsv --taxonomy from-labels", "no-id.tsv: has no column 'id'; known: name, title"),
    ("not.parquet --taxonomy from-labels", "not.parquet: cannot be read as Parquet"),
    ("cut.tsv.gz --taxonomy from-labels", "cut.tsv.gz: the gzip stream ends early; fetch the file again"),
    ("picture.tsv --taxonomy from-labels", "picture.tsv: is a picture, not a feed"),
    ("unlabelled.tsv --taxonomy from-labels", "unlabelled.tsv: no product has a label in google_product_"),
    ("latin.tsv --taxonomy from-labels", "latin.tsv:2: 'title' has bytes that are not UTF-8; save the file"),
    ("pretty.json --taxonomy from-labels", "pretty.json:1: is not JSON: "),
    ("pretty.json --taxonomy from-labels --label-column lvl", "write one JSON object a line"),
    ("shop.tsv --taxonomy none.txt", "none.txt: no such file"),
    ("shop.tsv --taxonomy empty.tsv", "empty.tsv: holds no category"),
    (
        "shop.tsv --taxonomy cars.txt",
        "cars.txt: knows none of the labels in google_product_category, such as",
    ),
    ("shop.tsv --taxonomy from-labels --label-column product_typ", "did you mean 'product_type'?"),
    ("shop.tsv --taxonomy from-labels --images none", "none: no such folder; name the folder that the image"),
    ("shop.tsv --taxonomy from-labels --max-depth one", "'one' is not a valid integer"),
    ("shop.tsv --extend model", "model: holds no catalogue.json, so it is no catalogue"),
    ("shop.tsv --extend newer", "newer/catalogue.json: catalogue format 2, this version of Aisle reads 1"),
    ("shop.tsv --extend no-part", f"no-part/{PART}: is missing from the catalogue"),
    ("shop.tsv --extend changed-part", f"changed-part/{PART}: was changed since the catalogue was written"),
    ("shop.tsv --extend no-rejected", "no-rejected/rejected.jsonl: is missing from the catalogue"),
    ("shop.tsv --extend cut-labels", "cut-labels/labels.tsv: was changed since the catalogue was written"),
]
TRAIN = [
    ("none", "none: no such catalogue; make one with aisle ingest"),
    ("shop.tsv", "shop.tsv: holds no catalogue.json, so it is no catalogue"),
    ("model", "model: holds no catalogue.json, so it is no catalogue"),
    (
        "newer",
        "newer/catalogue.json: catalogue format 2, this version of Aisle reads 1; ingest the feeds again",
    ),
    ("cut-manifest", "cut-manifest/catalogue.json: is not a catalogue's manifest"),
    ("list-manifest", "list-manifest/catalogue.json: is not a catalogue's manifest"),
    (
        "other-manifest",
        "other-manifest/catalogue.json: catalogue format 'shop', this version of Aisle reads 1",
    ),
    ("no-files", "no-files/catalogue.json: is damaged"),
    ("strange-files", "strange-files/catalogue.json: is damaged (files without name, rows or sha256)"),
    ("no-part", f"no-part/{PART}: is missing from the catalogue; ingest the feeds again"),
    ("changed-part", f"changed-part/{PART}: was changed since the catalogue was written"),
    ("cut-part", f"cut-part/{PART}: was changed since the catalogue was written"),
    ("no-tree", "no-tree/taxonomy.tsv: is missing from the catalogue"),
    ("changed-tree", "changed-tree/taxonomy.tsv: was changed since the catalogue was written"),
    ("no-labels", "no-labels/labels.tsv: is missing from the catalogue"),
    ("cut-labels", "cut-labels/labels.tsv: was changed since the catalogue was written"),
    ("one-leaf", "one-leaf: its tree has one leaf, 'Cars', so there is nothing to tell apart"),
    (
        "no-train",
        "no-train: no product is left to train on: its split 'train' is empty; ingest the feeds with",
    ),
    ("no-val", "no-val: no product is held out to choose the best epoch: its split 'val' is empty"),
    ("images-alone", "recipe text_small: no product of the catalogue has any of title, description, brand"),
    (f"no-test {IMAGE_RECIPE}", "recipe image_small: no product of the catalogue has any of image"),
    (f"no-root {IMAGE_RECIPE}", "gone: no such folder"),
    ("catalogue --recipe text_smal", "no recipe is called 'text_smal'; did you mean 'text_small'?"),
    ("catalogue --recipe none.toml", "none.toml: no such recipe file; recipes by name: image_small"),
    ("catalogue --recipe not-toml.toml", "not-toml.toml: no valid TOML: Invalid value (at line 1, column 8)"),
    ("catalogue --recipe latin.toml", "latin.toml: byte 0xe9 at 5 is not UTF-8; save it as UTF-8"),
    ("catalogue --recipe numbers.toml", "head is 4; it must be a table of settings, such as [head]"),
    ("catalogue --set text.dimm=8", "there is no setting text.dimm; did you mean 'dim'?"),
    ("catalogue --set text.dim=eight", "text.dim is 'eight'; it must be a whole number"),
    ("catalogue --set text.dim=100", "text.dim is 100; it must be a multiple of 16 up to 8192"),
    ("catalogue --set text.blocks=3", "text.blocks is no table of blocks"),
    (
        "catalogue --set text.blocks.title_words.nn=3",
        "no setting text.blocks.title_words.nn; did you mean 'n'",
    ),
    ("catalogue --set text.encoder=ngram", "[text] no encoder is called 'ngram'; did you mean 'ngrams'?"),
    ("catalogue --set training.epoch=3", "there is no setting training.epoch; did you mean 'epochs'?"),
    (
        "catalogue --set training.epochs=many",
        "training.epochs is 'many'; it is 'auto' or a whole number from 1",
    ),
    ("catalogue --set training.epochs=0", "training.epochs is 0; it is 'auto' or a whole number from 1"),
    ("catalogue --set training.seed=-1", "training.seed is -1; it must be a number from 0"),
    ("catalogue --set training.copies=nan", "training.copies is nan; it must be a number from 0"),
    ("catalogue --set training.validation=tst", "training.validation is 'tst'; it is 'val' or a share"),
    ("catalogue --set training.validation=1.5", "training.validation is 1.5; a share lies between 0 and 1"),
    ("catalogue --set training.rates=3", "training.rates is 3; it must be a table of settings"),
    ("catalogue --set training.rates.text=3", "training.rates.text is 3; it must be a table of settings"),
    (
        "catalogue --set training.rates.txt.table=3",
        "[training.rates.txt] is for no encoder of the recipe; did",
    ),
    ("catalogue --set training.rates.text.tabel=3", "training.rates.text.tabel; did you mean 'table'?"),
    (
        "catalogue --set training.rates.text.table=inf",
        "training.rates.text.table is inf; it must be a number",
    ),
    ("catalogue --set trainin.epochs=3", "the recipe has no table 'trainin'; did you mean 'training'?"),
    (
        "catalogue --set epochs=3",
        "--set epochs=3: write TABLE.NAME=VALUE, for example --set training.epochs=8",
    ),
    ("catalogue --set head.head=flatt", "no head is called 'flatt'; did you mean 'flat'? known: flat"),
    ("catalogue --set head.size=3", "there is no setting head.size; the head 'flat' has none"),
    (f"images-alone {IMAGE_RECIPE} --set image.sise=64", "no setting image.sise; did you mean 'size'?"),
    (f"images-alone {IMAGE_RECIPE} --set image.size=2", "image.size is 2; it must be from 8 to 4096"),
    (f"images-alone {IMAGE_RECIPE} --set image.weights=none.st", "none.st: no such weights file; give the"),
    (
        f"images-alone {IMAGE_RECIPE} --set image.weights=bad-weights.safetensors",
        "bad-weights.safetensors: is no safetensors file",
    ),
    (f"images-alone {IMAGE_RECIPE} --set image.architecture=test_resnt", "no architecture 'test_resnt'; did"),
    (f"images-alone {IMAGE_RECIPE} --cache shop.tsv", "shop.tsv: cannot keep vectors there"),
    ("catalogue --resume --overwrite --out shop.tsv", "shop.tsv: is a file, and a folder is"),
]
READ_MODEL = [
    ("none", "none: no such model directory; `aisle train CATALOGUE --out none` makes one"),
    ("shop.tsv", "shop.tsv: no such model directory"),
    ("a-folder", "a-folder: no model directory, it has no aisle.json"),
    ("catalogue", "catalogue: no model directory, it has no aisle.json; name one that `aisle train` wrote"),
    *((f"changed-{name}", f"changed-{name}/{name}: was changed since") for name in MODEL_FILES[1:]),
    ("changed-SHA256SUMS", "changed-SHA256SUMS/"),
    *((f"no-{name}", f"no-{name}/{name}: is missing from the model") for name in MODEL_FILES[2:]),
    ("no-aisle.json", "no-aisle.json: no model directory, it has no aisle.json"),
    ("no-SHA256SUMS", "no-SHA256SUMS: no model directory, it has no SHA256SUMS"),
    ("with-pickle", "with-pickle/weights.pkl: no part of the model, SHA256SUMS does not list it"),
    ("newer-model", "newer-model/aisle.json: model format 2, this version of Aisle reads 1"),
    ("bare-model", "bare-model: is not as `aisle train` writes a model (KeyError: 'head')"),
]
EVALUATE = [
    ("pipe", "pipe: is a pipe, which can be read only once; write what comes out of it to a file"),
    ("none.tsv", "none.tsv: no such file"),
    ("model", "model: holds no catalogue.json, so it is no catalogue"),
    ("newer", "newer/catalogue.json: catalogue format 2, this version of Aisle reads 1"),
    ("changed-part", f"changed-part/{PART}: was changed since the catalogue was written"),
    ("no-root", "gone: no such folder"),
    ("catalogue --split tst", "no split is called 'tst' (--split); did you mean 'test'?"),
    (
        "catalogue --split capped",
        "catalogue: the split 'capped' is empty; its products are in train, val, test",
    ),
    ("no-test", "no-test: the split 'test' is empty; its products are in train, val"),
    ("catalogue --label-column brand", "catalogue: is a catalogue, whose labels are known; leave --label-"),
    ("catalogue --images none", "none: no such folder; name the folder that the image links start from"),
    ("one-leaf --split train", "one-leaf: the model's tree knows none of its labels, such as 'Cars'"),
    ("empty.tsv", "empty.tsv: holds no products"),
    ("no-id.tsv", "no-id.tsv: has no column 'id'"),
    ("broken.tsv", "broken.tsv:2: 2 fields where the header has 3; quote the fields"),
    ("latin.tsv", "latin.tsv:2: 'title' has bytes that are not UTF-8; save the file as UTF-8, or name its"),
    (
        "no-label-column.tsv",
        "no-label-column.tsv: no column 'google_product_category' (the model was trained with it; name this "
        "feed's own with --label-column); known: id, title",
    ),
    ("unlabelled.tsv", "unlabelled.tsv: none of its 2 products has a label, so nothing can be scored"),
    ("strange.tsv", "strange.tsv: the model's tree knows none of its labels, such as 'Cars > Red', 'Cars'"),
    (
        "shop.tsv --label-column product_typ",
        "no column 'product_typ' (--label-column); did you mean 'product",
    ),
    ("shop.tsv --label-column product_type,,brand", "--label-column product_type,,brand: name columns with"),
    ("shop.tsv --label-column ''", "--label-column : name columns with commas between them"),
    ("shop.tsv --images none", "none: no such folder"),
    (
        "shop.tsv --split tst",
        "shop.tsv: is a feed, which has no splits and is scored whole; leave --split out",
    ),
    ("shop.tsv --merchant column:seler", "shop.tsv: has no column 'seler' for --merchant; known: brand"),
    ("catalogue --merchant x", "catalogue: is a catalogue, whose merchants are known; leave --merchant out"),
]
PREDICT = [
    ("none.tsv", "none.tsv: no such file"),
    ("shop.tsv none.tsv", "none.tsv: no such file"),
    ("catalogue", "catalogue: is a folder, not a file"),
    ("empty.tsv", "empty.tsv: holds no products"),
    ("shop.tsv empty.tsv", "empty.tsv: holds no products"),
    ("latin.tsv", "latin.tsv:2: 'title' has bytes that are not UTF-8; save the file as UTF-8, or name its"),
    ("pretty.json", "write one JSON object a line (none of its 4 records can be read"),
    ("header.tsv", "header.tsv: holds no products"),
    ("no-id.tsv", "no-id.tsv: has no column 'id'; known: name, title"),
    ("cut.tsv.gz", "cut.tsv.gz: the gzip stream ends early"),
    ("not.parquet", "not.parquet: cannot be read as Parquet"),
    ("picture.tsv", "picture.tsv: is a picture, not a feed"),
    ("shop.tsv --images none", "none: no such folder; name the folder that the image links start from"),
    ("shop.tsv --top 0", "--top is 0; it must be at least 1"),
    (
        "shop.tsv --top many",
        "Invalid value for '--top': 'many' is not a valid integer. See `aisle predict --he",
    ),
    ("shop.tsv --merchant column:seler", "shop.tsv: has no column 'seler' for --merchant; known: brand"),
    ("shop.tsv --cache shop.tsv", "shop.tsv: cannot keep vectors there"),
]
OUTPUTS = [
    ("ingest shop.tsv --taxonomy from-labels", "", "catalogue", "catalogue.json"),
    ("train catalogue --recipe text_small", "", "model", "aisle.json"),
    ("evaluate model catalogue", "", "scores", "metrics.json"),
    ("predict model shop.tsv", ".tsv", "shop.tsv", ""),
]


HELD_BY_OUTPUT = [
    ("ingest full/shop.tsv --taxonomy from-labels", "full/shop.tsv"),
    ("ingest shop.tsv ./full/shop.tsv --taxonomy from-labels", "full/shop.tsv"),
    ("ingest 'full/sh*.tsv' --taxonomy from-labels", "full/shop.tsv"),
    ("ingest file://{place}/full/shop.tsv --taxonomy from-labels", "/full/shop.tsv"),
    ("ingest link.tsv --taxonomy from-labels", "link.tsv"),
    ("ingest full/link.tsv --taxonomy from-labels", "full/link.tsv"),
    ("ingest shop.tsv --taxonomy full/cars.txt", "full/cars.txt"),
    ("ingest shop.tsv --taxonomy from-labels --images full/images", "full/images"),
    ("ingest shop.tsv --extend full/catalogue", "full/catalogue"),
    ("train full/catalogue --recipe text_small", "full/catalogue"),
    ("train catalogue --recipe text_small --images full/images", "full/images"),
    ("train catalogue --recipe full/own.toml", "full/own.toml"),
    ("train catalogue --recipe text_small --cache full/vectors", "full/vectors"),
    ("evaluate full/model catalogue", "full/model"),
    ("evaluate model full/catalogue", "full/catalogue"),
    ("evaluate model full/shop.tsv", "full/shop.tsv"),
    ("evaluate model file://{place}/full/shop.tsv", "/full/shop.tsv"),
    ("evaluate model shop.tsv --images full/images", "full/images"),
    ("evaluate model shop.tsv --cache full/vectors", "full/vectors"),
]
"""Commands without their output, and which of their inputs lies in it."""


def cases():
    """Every command with what is wrong and what is said."""
    for words, said in INGEST:
        yield f"ingest {words} --out out", said
    for words, said in TRAIN:
        recipe = "" if "--recipe" in words else "--recipe text_small"
        out = "" if "--out" in words else "--out out"
        yield f"train {words} {recipe} {out}", said
    for words, said in READ_MODEL:
        yield f"evaluate {words} catalogue --out out", said
        yield f"predict {words} shop.tsv --out out.tsv", said
    for words, said in EVALUATE:
        yield f"evaluate model {words} --out out", said
    for words, said in PREDICT:
        yield f"predict model {words} --out out.tsv", said
    yield (
        "predict model shop.tsv --out out.xlsx",
        "out.xlsx: its name must end in one of .jsonl, .parquet, .tsv",
    )
    yield "predict model shop.tsv --out out", "out: its name must end in one of .jsonl, .parquet, .tsv"
    for words, ending, existing, marker in OUTPUTS:
        yield (
            f"{words} --out {existing}",
            f"{existing}: exists already; name another output, or add --overwrite",
        )
        yield f"{words} --out no/out{ending}", f"no/out{ending}: the folder "
        yield f"{words} --out shop.tsv/out{ending}", f"shop.tsv/out{ending}: the folder "
        foreign = (
            f"holds no {marker}, so it is not ours to overwrite" if marker else "is a folder; name a file"
        )
        for overwrite in ("", "--overwrite"):
            yield f"{words} {overwrite} --out a-folder{ending}", f"a-folder{ending}: {foreign}"
    for words, held in HELD_BY_OUTPUT:
        told = f"{held} and would be overwritten; name another output"
        yield f"{words} --overwrite --out full", told
    yield (
        "predict model shop.tsv --overwrite --out shop.tsv",
        "shop.tsv: is an input and would be overwritten; name another output",
    )
    yield (
        "predict model shop.tsv --overwrite --out model/taxonomy.tsv",
        "model/taxonomy.tsv: lies in model, which is an input; name another output",
    )
    listed = "zz.tsv.rejected.jsonl"
    told = f"{listed}: is an input and would be overwritten; name another output"
    yield f"predict model file://{{place}}/{listed} --overwrite --out zz.tsv", told
    yield f"predict model {listed} --overwrite --out zz.tsv", told
    yield f"predict model {listed} --out zz.tsv", f"{listed}: exists already; name another output, or add --"
    yield "predict model shop.tsv --out zz.tsv", f"{listed}: exists already; name another output, or add --"
    yield "predikt model shop.tsv", "no command is called 'predikt'; did you mean 'predict'? known: demo, "
    yield "predict model", "Missing argument 'FEED...'. See `aisle predict --help`."
    yield "train catalogue --out out --epochs 3", "No such option '--epochs'."
    yield "taxonomy show none.txt", "none.txt: no such file"
    yield "taxonomy show empty.tsv", "empty.tsv: holds no category"
    yield "taxonomy sho cars.txt", "No such command 'sho'."


CASES = list(cases())


@pytest.mark.parametrize(("command", "said"), CASES, ids=[command for command, _ in CASES])
def test_one_line_says_what_is_wrong_and_nothing_is_left_behind(
    place, listing, tmp_path, monkeypatch, capsys, command, said
):
    monkeypatch.chdir(place)
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path))
    before = listing(place)
    assert run(shlex.split(command.replace("{place}", str(place)))) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert told.err.startswith("aisle: ")
    assert said in told.err
    assert listing(place) == before


def check_refused(done, said):
    """One line on standard error, and nothing else."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("aisle: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("ingest none.tsv --taxonomy from-labels --out out", "none.tsv: no such file"),
        ("train none --out out", "none: no such catalogue; make one with aisle ingest"),
        ("evaluate with-pickle catalogue --out out", "with-pickle/weights.pkl: no part of the model"),
        ("predict changed-head.safetensors shop.tsv --out out.tsv", "head.safetensors: was changed since"),
        ("predikt", "no command is called 'predikt'; did you mean 'predict'?"),
    ],
)
def test_the_program_itself_ends_with_2_and_one_line(place, listing, aisle, command, said):
    before = listing(place)
    check_refused(aisle(command, folder=place), said)
    assert listing(place) == before


FORBIDDEN = [
    (
        "shop.tsv",
        "ingest shop.tsv --taxonomy from-labels --out out",
        "shop.tsv: cannot be read (Permission denied)",
    ),
    ("shop.tsv", "predict model shop.tsv --out out.tsv", "shop.tsv: cannot be read (Permission denied)"),
    (
        "cars.txt",
        "ingest shop.tsv --taxonomy cars.txt --out out",
        "cars.txt: cannot be read (Permission denied)",
    ),
    (
        "latin.toml",
        "train catalogue --recipe latin.toml --out out",
        "latin.toml: cannot be read (Permission denied)",
    ),
    (
        "catalogue/catalogue.json",
        "train catalogue --recipe text_small --out out",
        "catalogue/catalogue.json: Permission denied; change",
    ),
    (
        f"catalogue/{PART}",
        "train catalogue --recipe text_small --out out",
        f"{PART}: Permission denied; change its permissions",
    ),
    (
        "model/head.safetensors",
        "evaluate model catalogue --out out",
        "model/head.safetensors: Permission denied; change its permissions",
    ),
    ("model", "predict model shop.tsv --out out.tsv", "model/aisle.json: Permission denied"),
    (
        "a-folder",
        "ingest shop.tsv --taxonomy from-labels --out a-folder/out",
        "a-folder/out: you may not write in its folder",
    ),
    (
        "a-folder",
        "train catalogue --recipe text_small --out a-folder/out",
        "a-folder/out: you may not write in its folder",
    ),
    (
        "a-folder",
        "evaluate model catalogue --out a-folder/out",
        "a-folder/out: you may not write in its folder",
    ),
    (
        "a-folder",
        "predict model shop.tsv --out a-folder/o.tsv",
        "a-folder/o.tsv: you may not write in its folder",
    ),
]


@pytest.mark.parametrize(("path", "command", "said"), FORBIDDEN)
def test_what_may_not_be_read_or_written_is_told_in_one_line(
    place, tmp_path, listing, aisle, path, command, said
):
    for name in ("shop.tsv", "cars.txt", "latin.toml", "catalogue", "model", "a-folder"):
        copy = shutil.copytree if (place / name).is_dir() else shutil.copy
        copy(place / name, tmp_path / name)
    mode = (tmp_path / path).stat().st_mode
    before = listing(tmp_path)
    (tmp_path / path).chmod(0o555 if path == "a-folder" else 0)
    done = aisle(command)
    (tmp_path / path).chmod(mode)
    check_refused(done, said)
    assert listing(tmp_path) == before


class TestLinksOutOfTheImageFolder:
    LINK = "../../etc/passwd"

    @pytest.fixture
    def shop_with_a_link(self, place, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        shutil.copytree(place / "images", tmp_path / "images")
        (tmp_path / "model").symlink_to(place / "model")
        rows = f"1\tkite\t{self.LINK}\tToys\n2\tball\timages/1.png\tToys > Balls\n"
        (tmp_path / "shop.tsv").write_text("id\ttitle\timage_link\tgoogle_product_category\n" + rows)
        return tmp_path

    def test_ingest_refuses_the_link_tells_why_and_keeps_the_row(self, shop_with_a_link, capsys):
        assert run(shlex.split("ingest shop.tsv --taxonomy from-labels --images . --out catalogue")) == 0
        assert "1 image link was refused, for leading out of the image folder" in capsys.readouterr().out
        rows = pq.read_table("catalogue/products").to_pylist()
        assert rows[0]["id"] == "1"
        assert rows[0]["images"] == [{"link": self.LINK, "sha256": "", "status": "outside"}]
        assert rows[1]["images"][0]["status"] == "ok"
        manifest = json.loads((shop_with_a_link / "catalogue/catalogue.json").read_text())
        assert (manifest["products"], manifest["images"]["outside"], manifest["images"]["ok"]) == (2, 1, 1)

    def test_predict_refuses_the_link_tells_why_and_keeps_the_row(self, shop_with_a_link):
        assert run(shlex.split("predict model shop.tsv --images . --cache vectors --out out.jsonl")) == 0
        first, second = map(json.loads, (shop_with_a_link / "out.jsonl").read_text().splitlines())
        assert (first["id"], first["status"], first["reason"]) == ("1", "ok", f"image outside: {self.LINK}")
        assert (second["id"], second["status"], second["reason"]) == ("2", "ok", "")


def test_more_runners_up_than_there_are_leaves_are_all_leaves(place, tmp_path, monkeypatch):
    monkeypatch.chdir(place)
    out = tmp_path / "out.jsonl"
    assert (
        run(["predict", "model", "shop.tsv", "--top", "999", "--cache", str(tmp_path), "--out", str(out)])
        == 0
    )
    assert {len(json.loads(line)["top"]) for line in out.read_text().splitlines()} == {4}


def test_a_pipe_that_nobody_reads_is_no_error(place):
    nobody_reads, pipe = os.pipe()
    os.close(nobody_reads)
    command = [sys.executable, "-m", "aisle", "taxonomy", "show", "cars.txt"]
    done = subprocess.run(command, cwd=place, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    os.close(pipe)
    assert done.stderr == ""


def test_a_warning_is_one_line_too(place, tmp_path, aisle):
    """An image that changed since the catalogue was made."""
    for name in ("catalogue", "model", "images"):
        shutil.copytree(place / name, tmp_path / name)
    rewrite(tmp_path / "catalogue/catalogue.json", image_roots=[str(tmp_path)])
    for path in (tmp_path / "images").iterdir():
        shutil.copy(tmp_path / "images/0.png", path) if path.name != "0.png" else None
    done = aisle("evaluate model catalogue --split train --out out")
    assert done.returncode == 0
    assert done.stderr.startswith("aisle: warning: ")
    assert done.stderr.count("\n") == 1
