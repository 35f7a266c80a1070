import io

import pytest

from mcollective_py.cli.progress import Progress, bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_says_how_far_it_is():
    assert bar(1, 4, turn=0, width=30) == " | [===>              ] 1 / 4"
    assert bar(4, 4, width=30).startswith(" * [")
    assert bar(4, 4, width=30).endswith("] 4 / 4")
    assert " " not in bar(4, 4, width=30).partition("[")[2].partition("]")[0]


@pytest.mark.parametrize(("done", "total"), [(0, 1), (3, 7), (7, 7), (9, 7), (100000, 100000)])
def test_a_bar_is_never_wider_than_its_width(done, total):
    assert len(bar(done, total)) <= 60


def test_it_draws_over_itself_and_goes_away():
    terminal = Terminal()
    progress = Progress(terminal, 4)
    progress.show(1)
    progress.clear()
    progress.clear()
    assert terminal.getvalue().startswith("\r / [")
    assert terminal.getvalue().endswith("1 / 4\r\x1b[K")
    assert terminal.getvalue().count("\x1b[K") == 1


@pytest.mark.parametrize(("stream", "total", "is_wanted"), [(io.StringIO(), 4, True), (Terminal(), 0, True), (Terminal(), 4, False)])
def test_it_draws_nothing_where_it_is_not_wanted(stream, total, is_wanted):
    progress = Progress(stream, total, is_wanted=is_wanted)
    progress.show(1)
    progress.clear()
    assert stream.getvalue() == ""
