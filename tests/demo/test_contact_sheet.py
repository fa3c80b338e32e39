"""The page to look at."""

import numpy as np

from aisle.demo.contact_sheet import contact_sheet
from aisle.demo.pictures import Studio


def test_every_shape_has_its_place(tables):
    sheet = contact_sheet(tables, Studio(tables))
    n_shapes = sum(map(len, tables.silhouettes.values()))
    columns, rows = sheet.width // 112, sheet.height // 128
    assert columns * (rows - 1) < n_shapes <= columns * rows
    tiles = np.asarray(sheet, dtype=float).reshape(rows, 128, columns, 112, 3)[:, :112]
    assert (tiles.std(axis=(1, 3, 4)).reshape(-1)[:n_shapes] > 3).all()
