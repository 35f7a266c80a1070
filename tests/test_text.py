from mcollective_py.text import is_utf8, one_line, printable


def test_half_of_a_surrogate_pair_cannot_be_encoded_and_all_else_can():
    assert [is_utf8(text) for text in ("", "caf\u00e9 \U0001f600", "a\udc80b", "\ud83d")] == [True, True, False, False]


def test_what_could_begin_a_line_or_move_the_cursor_is_replaced():
    assert printable("caf\u00e9\n\x1b[31mroot\u202e") == "caf\u00e9??[31mroot?"
    assert printable("a\tb\r\n", " ") == "a b  "


def test_a_long_text_is_cut():
    assert printable("x" * 500) == "x" * 300
    assert printable("x\n" * 500, "", 4) == "xx"


def test_a_line_of_a_log_cannot_be_broken_or_coloured():
    assert one_line("from x: ok\n2026-11-23 INFO forged\x1b[2J\u2028\ud800") == (
        "from x: ok\\n2026-11-23 INFO forged\\x1b[2J\\u2028\\ud800"
    )
    assert one_line("plain ümlaut") == "plain ümlaut"
