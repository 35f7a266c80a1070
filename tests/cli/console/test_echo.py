import sys

from mcollective_py.cli.console import echo
from mcollective_py.cli.console.echo import Kept


def test_what_is_printed_goes_on_and_is_kept(capsys):
    with Kept() as kept:
        print("one")
        sys.stdout.writelines(["two\n"])
        assert sys.stdout.isatty() is False
    print("three")
    assert capsys.readouterr().out == "one\ntwo\nthree\n"
    assert (kept.text, kept.is_cut) == ("one\ntwo\n", False)


def test_what_is_too_much_goes_on_and_is_not_kept(capsys, monkeypatch):
    monkeypatch.setattr(echo, "MAX_KEPT", 5)
    with Kept() as kept:
        print("123456")
    assert capsys.readouterr().out == "123456\n"
    assert (kept.text, kept.is_cut) == ("\n", True)
