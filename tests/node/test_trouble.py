from mcollective_py.node.trouble import QUIET_S, Trouble


def test_a_lasting_trouble_is_told_once():
    trouble = Trouble()
    assert trouble.begins("gone", 0)
    assert not trouble.begins("gone", 1)
    assert not trouble.begins("empty", 2)
    assert trouble.reason == "empty"
    assert trouble.ends()
    assert not trouble.ends()
    assert trouble.reason is None


def test_a_trouble_that_comes_and_goes_is_told_once_a_minute():
    trouble = Trouble()
    told = [(trouble.begins("half written", now / 10), trouble.ends()) for now in range(int(QUIET_S * 10) + 1)]
    assert told[0] == (True, True)
    assert told[-1] == (True, True)
    assert set(told[1:-1]) == {(False, False)}
