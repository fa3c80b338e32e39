"""`aisle demo` as a user types it."""

from aisle.cli.main import run


def test_a_folder_that_it_did_not_make_is_refused_with_one_line(tmp_path, capsys):
    (tmp_path / "precious.txt").write_text("x")
    assert run(["demo", "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "holds no aisle-demo.json, so it is not ours to overwrite" in told
