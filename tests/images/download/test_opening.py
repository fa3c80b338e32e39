"""The longest host first, the next shard of a host when it runs low."""

from aisle.images.download.opening import Opening, ShardOutline

OUTLINES = [
    ShardOutline(0, "small.test", 100),
    ShardOutline(1, "small.test", 100),
    ShardOutline(2, "large.test", 100),
    ShardOutline(3, "large.test", 100),
    ShardOutline(4, "large.test", 50),
    ShardOutline(5, "", 100),
    ShardOutline(6, "", 30),
]


def numbers(*outlines):
    return [outline and outline.number for outline in outlines]


def opening():
    return Opening(OUTLINES, lambda host, n: n / (1.0 if host else 100.0))


class TestOpening:
    def test_the_host_that_takes_longest_comes_first(self):
        made = opening()
        assert numbers(*[made.next() for _ in range(5)]) == [2, 0, 5, 6, None]

    def test_the_next_shard_of_a_host_comes_when_it_runs_low(self):
        made = opening()
        for _ in range(4):
            made.next()
        made.runs_low("small.test")
        assert numbers(made.next(), made.next()) == [1, None]
        made.runs_low("large.test")
        made.runs_low("large.test")
        assert numbers(made.next(), made.next()) == [3, None]
        assert len(made) == 1

    def test_a_host_without_more_shards_changes_nothing(self):
        made = opening()
        made.runs_low("other.test")
        assert made.next().number == 2

    def test_every_shard_is_opened_once(self):
        made = opening()
        opened = []
        while len(made):
            if (outline := made.next()) is None:
                made.runs_low("small.test")
                made.runs_low("large.test")
            else:
                opened.append(outline.number)
        assert sorted(opened) == list(range(7))
