"""A terminal in small: what is to be seen after the controls that our output may use, and no others."""

import re

CONTROL = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


def rows_of(written):
    """The rows of a screen without end, once this was written to it."""
    rows, row, column = [""], 0, 0
    for private, number, letter, move, text in CONTROL.findall(written):
        if text:
            rows[row] = rows[row][:column].ljust(column) + text + rows[row][column + len(text) :]
            column += len(text)
        elif move == "\r":
            column = 0
        elif move == "\n":
            row, column = row + 1, 0
            rows += [""] * (row + 1 - len(rows))
        elif letter == "K" and number == "2":
            rows[row] = ""
        elif letter == "A":
            row -= int(number or 1)
        else:
            assert letter == "m" or (private and number == "25"), f"an unknown control {letter}"
    return rows
