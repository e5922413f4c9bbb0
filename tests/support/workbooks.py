"""Small spreadsheets."""

import datetime
import zipfile

import xlsxwriter


def workbook(path, **sheets):
    """Write a workbook: name of a sheet -> rows of values."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, value in enumerate(row):
                    if isinstance(value, datetime.date):
                        sheet.write_datetime(i, j, value, day)
                    elif value is not None:
                        sheet.write(i, j, value)
    return path


def changed(path, part, old, new, order=None):
    """Replace text of one part of a workbook, or write its parts in another order."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=order or (lambda name: 0)):
            archive.writestr(name, parts[name])
    return path
