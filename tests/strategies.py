"""Hypothesis strategies that several tests share: what Aisle's inputs can look like."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from aisle.calibration.temperatures import Temperatures
from aisle.core.records import FIELDS, TEXT_FIELDS, Answers
from aisle.evaluation.truth import Names, TrainingCounts, Truth
from aisle.taxonomy.building import from_parents
from aisle.taxonomy.label_sets import LabelSets


@st.composite
def labelled_scores(draw):
    """Scores of a few products over a few leaves, label sets (one leaf, a span, or two), and masks."""
    n, n_leaves = draw(st.integers(1, 12)), draw(st.integers(2, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = (draw(st.sampled_from([0.1, 1.0, 5.0])) * rng.normal(size=(n, n_leaves))).astype(np.float32)
    start = rng.integers(0, n_leaves, n)
    stop = np.minimum(start + rng.integers(1, 4, n), n_leaves)
    intervals = [
        [(a, b)] if b >= n_leaves or rng.random() < 0.8 else [(a, b), (n_leaves - 1, n_leaves)]
        for a, b in zip(start, stop, strict=True)
    ]
    ptr = np.cumsum([0] + [len(of_product) for of_product in intervals])
    flat = np.array([interval for of_product in intervals for interval in of_product], np.int32)
    mask = rng.choice([1, 33, 63], n).astype(np.uint8)
    return scores, LabelSets(ptr, flat[:, 0], flat[:, 1]), mask


@st.composite
def temperatures(draw):
    log_t = st.floats(-3, 3)
    return Temperatures(
        a=draw(log_t),
        b=tuple(draw(log_t) for _ in FIELDS),
        own=draw(st.dictionaries(st.integers(0, 2 ** len(FIELDS) - 1), st.floats(0.05, 20))),
    )


category_names = st.sampled_from(
    ["Boots", "boots", "Hats", "A & B", "I/O - B", "TV >32 inch", "Čaj", "茶", '"x"']
)
"""Few, so that a name comes under several parents; some differ in case alone."""


@st.composite
def taxonomies(draw, max_nodes=14):
    """Trees of any shape: chains, uneven depth, one name under several parents, rows in any order."""
    n = draw(st.integers(1, max_nodes))
    above = [draw(st.integers(-1, row - 1)) for row in range(n)]
    order = draw(st.permutations(range(n)))
    names = draw(st.lists(category_names, min_size=n, max_size=n))
    return from_parents(
        [f"id{row}" for row in order],
        [f"id{above[row]}" if above[row] >= 0 else "" for row in order],
        [names[row] for row in order],
    )


@st.composite
def leaf_probabilities(draw, tree, max_products=5):
    """(products, leaves) rows that sum to 1: spread out, or on one leaf, or the same on all."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, max_products)), tree.n_leaves)
    if draw(st.booleans()):
        return np.full(shape, 1 / tree.n_leaves, dtype=np.float32)
    scores = np.exp(draw(st.sampled_from([0.1, 1.0, 8.0])) * rng.normal(size=shape))
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


@st.composite
def damaged(draw, data):
    """A file with bytes changed, cut out, put in or cut off; sometimes as it was."""
    data = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        change = draw(st.sampled_from(["byte", "run", "cut out", "put in", "cut off"]))
        if change == "byte" and data:
            data[at] = draw(st.integers(0, 255))
        elif change == "run":
            run = draw(st.binary(min_size=1, max_size=8))
            data[at : at + len(run)] = run
        elif change == "cut out":
            del data[at : at + draw(st.integers(1, 30))]
        elif change == "put in":
            data[at:at] = draw(st.binary(min_size=1, max_size=30))
        else:
            del data[at:]
    return bytes(data)


@st.composite
def answered_products(draw, max_products=12):
    """Answers, truth, tree and training counts: labels at any node or at several, outside of the tree, or
    absent; answers that end anywhere; several products a group."""
    tree = draw(taxonomies())
    n = draw(st.integers(1, max_products))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_labels = rng.choice([0, 1, 1, 1, 1, 2, 3], n)
    ptr = np.concatenate([[0], np.cumsum(n_labels)])
    node = rng.integers(1, tree.n_nodes, ptr[-1]).astype(np.int32)
    end = np.where(rng.random(n) < 0.8, rng.choice(tree.leaf_nodes, n), rng.integers(0, tree.n_nodes, n))
    path = tree.path_nodes()[end]
    n_top = draw(st.integers(1, 5))
    answers = Answers(
        path=path,
        path_p=np.where(path >= 0, np.sort(rng.random(path.shape), axis=1)[:, ::-1], np.nan).astype(
            np.float32
        ),
        top_leaves=rng.choice(tree.leaf_nodes, (n, n_top)).astype(np.int32),
        top_p=np.sort(rng.random((n, n_top)), axis=1)[:, ::-1].astype(np.float32),
        mask=rng.integers(0, 2 ** len(FIELDS), n).astype(np.uint8),
    )
    truth = Truth(
        ptr=ptr,
        node=node,
        outside=np.where(n_labels == 0, rng.integers(0, 4, n), 0).astype(np.int32),
        merchant=Names.of([f"merchant {i}" for i in rng.integers(0, 3, n)]),
        group=rng.integers(0, n, n),
        split=Names.of(["test"] * n),
    )
    return answers, truth, tree, TrainingCounts(rng.integers(0, 3, tree.n_nodes), tree)


texts_without_digits = st.text(st.sampled_from('ab "\n\r,;|\té茶'), max_size=8)
"""Texts with all that means something in delimited files, and no digits, so that none looks like an id."""

plain_words = st.text(st.sampled_from("abé "), min_size=1, max_size=5).filter(lambda text: text.strip() != "")


@dataclass(frozen=True)
class DelimitedFeed:
    """A delimited feed with its answer: what each row holds, the lines of rows and of bad records."""

    content: bytes
    rows: list[dict[str, str]]
    lines: list[int]
    bad_lines: list[int]


@st.composite
def delimited_feeds(draw, bad=True):
    """Feeds whose good rows are written by the book, quoted or not, among blank lines and bad ones.

    The first row is simple, so that there is an id to compare with.
    """
    separator, end = draw(st.sampled_from("\t,;|")), draw(st.sampled_from(["\n", "\r\n"]))
    names = draw(st.permutations(["id", "title", *draw(st.sampled_from([[], ["brand"], ["brand", "size"]]))]))

    def written(text):
        must = any(c in text for c in f'"\n\r{separator}')
        return '"' + text.replace('"', '""') + '"' if must or draw(st.booleans()) else text

    content = separator.join(f'"{name}"' for name in names) + end
    rows, lines, bad_lines = [], [], []
    for i in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(["good", "good", "blank", *(BAD_KINDS if bad else [])])) if i else "good"
        texts = texts_without_digits if i else plain_words
        row = {name: str(100 + i) if name == "id" else draw(texts) for name in names}
        line = 1 + content.count("\n")
        if kind == "good":
            rows.append(row)
            lines.append(line)
            content += separator.join(written(row[name]) for name in names)
        elif kind != "blank":
            bad_lines.append(line)
            content += separator.join(draw(bad_fields(kind, list(names), str(100 + i), written)))
        content += end if i < 11 or draw(st.booleans()) else ""
    return DelimitedFeed(content.encode("utf-8", "surrogateescape"), rows, lines, bad_lines)


BAD_KINDS = ["short", "long", "long over lines", "open quote", "stray quote", "NUL", "not UTF-8", "no id"]


@st.composite
def bad_fields(draw, kind, names, product_id, written):
    """The fields of a record with one thing wrong; it stands on one line, but for "long over lines"."""
    fields = {name: product_id if name == "id" else draw(plain_words) for name in names}
    text = draw(st.sampled_from([name for name in names if name != "id"]))
    if kind == "open quote":
        fields[text] = '"' + fields[text]
    elif kind == "stray quote":
        fields[text] = f'"{fields[text]}"b"'
    elif kind == "NUL":
        fields[text] += "\0"
    elif kind == "not UTF-8":
        fields[text] += "\udcff"
    elif kind == "no id":
        fields["id"] = draw(st.sampled_from(["", " ", '""']))
    elif kind == "long over lines":
        fields[text] = written(draw(plain_words) + draw(texts_without_digits) + "\n")
    values = [fields[name] for name in names]
    if kind == "short":
        return values[1:] if len(values) > 2 else ["a"]
    return [*values, "one more"] if kind.startswith("long") else values


@st.composite
def product_texts(draw):
    """Text as shops write it: words that repeat, in many scripts, between all kinds of separators."""
    words = ["shirt", "SHIRT", "Größe", "été", "XL", "42", "a", "漢字", "カメラ", "กางเกง", "сумка"]
    between = [" ", " ", "-", ", ", "\u00a0", "\u00ad", "'"]
    parts = st.one_of(st.sampled_from(words), st.sampled_from(between), st.text(max_size=6))
    return "".join(draw(st.lists(parts, max_size=30)))


@st.composite
def links(draw):
    """Addresses as feeds hold them, whole and broken."""
    scheme = draw(st.sampled_from(["http://", "https://", "HTTP://", "//", "", "/", "mailto:", "a:b://"]))
    host = draw(st.sampled_from(["www.shop.de", "Shop.example", "a-b.co.uk:8080", "", "www.", "shöp.de"]))
    signs = ["/", "?q=", "&", "#", "%20", "%C3%BC", "_", ":"]
    words = ["redShirt", "HTMLPage", "XL", "42", "d3500"]
    parts = st.one_of(st.sampled_from(signs), st.sampled_from(words), st.text(max_size=5))
    return scheme + host + "".join(draw(st.lists(parts, max_size=15)))


merchants_texts = st.text(
    st.sampled_from("kiterakß茶e  \t\n\xa0<>&;/bé'\"-|,"), max_size=12
) | st.sampled_from(
    [
        "Fu&szlig;ball",
        "Blue<br/>kite",
        "<b></b>",
        "&lt;p&gt;rake&lt;/p&gt;",
        "a &amp; b",
        "jam\u2003jam",
        "<!--x-->",
    ]
)
"""Texts as merchants write them: mark-up, entities, odd spaces."""


@st.composite
def merchants_products(draw, max_products=6):
    """Rows of a feed of the shop: text fields blank or odd, images there, gone or remote."""
    links = st.sampled_from(
        ["images/1.png", "images/2.png", "images/gone.png", "http://shop.example/a.png", "../x.png", "images"]
    )
    row = st.fixed_dictionaries(
        dict.fromkeys(TEXT_FIELDS, merchants_texts) | {"image_link": st.lists(links, max_size=2)}
    )
    return draw(st.lists(row, min_size=1, max_size=max_products))
