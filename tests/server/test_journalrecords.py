import pytest

from mcollective_py.server.journalrecords import (
    LONGEST_LINE,
    Begun,
    Damage,
    Ended,
    Floor,
    Head,
    Record,
    Refused,
    Running,
    Seen,
    UnknownVersion,
    Window,
    decode,
    encode,
    read,
)

ALICE, ID = "cert=alice.mcollective", "1" * 32
HEAD = Head(1, 1000.0, 900.0, 65.0, 800.0)
BEGUN = Begun(1001.0, 1060.5, ALICE, ID, "", "service", "restart", only_reads=False)
ENDED = Ended(1002.0, ALICE, ID, 0, "")
EVERY: list[Record] = [
    HEAD,
    BEGUN,
    Begun(1001.0, 1060.5, "uid=0", ID, "a" * 64, "echo", None, only_reads=True),
    Running(1001.5, ALICE, ID, 4711, 123456, "3f2e-boot"),
    ENDED,
    Ended(1002.0, ALICE, ID, None, ""),
    Ended(1002.0, ALICE, ID, 5, "busy"),
    Refused(1003.0, 1060.0, ALICE, "2" * 32, "", "package", "install", "policy", "denied"),
    Seen(1070.0, ALICE, "3" * 32),
    Window(1004.0, 305.0),
    Floor(1005.0, 995.0),
]


def test_a_line_is_a_checksum_and_words() -> None:
    assert encode(BEGUN) == b"c5c4e399 B 1001000 1060500 cert=alice.mcollective 11111111111111111111111111111111 - service restart c\n"


@pytest.mark.parametrize("record", EVERY, ids=lambda record: type(record).__name__)
def test_every_record_is_read_as_it_was_written(record: Record) -> None:
    assert decode(encode(record).rstrip(b"\n")) == record


def test_the_longest_names_fit_into_a_line() -> None:
    longest = Begun(1e10, 1e10, "a" * 32 + "=" + "b" * 255, ID, "c" * 64, "d" * 64, "e" * 64, only_reads=False)
    assert len(encode(longest)) <= LONGEST_LINE


def test_whatever_byte_of_a_line_is_another_it_is_no_record() -> None:
    line = encode(BEGUN).rstrip(b"\n")
    for at in range(len(line)):
        for flip in (1, 32, 128):
            assert decode(line[:at] + bytes([line[at] ^ flip]) + line[at + 1 :]) is None


def test_a_line_with_a_good_checksum_and_no_sense_is_no_record() -> None:
    from binascii import crc32

    for text in (b"B x y", b"B 1 2 c i - a - z", b"Z 1", b"E 1 c i x w", b"", b"E 1 c i 0 w more", b"\xff"):
        assert decode(b"%08x %s" % (crc32(text), text)) is None


def test_a_torn_last_record_is_none_and_no_damage_wherever_it_is_cut() -> None:
    whole = b"".join(map(encode, EVERY))
    starts = [0]
    for record in EVERY:
        starts.append(starts[-1] + len(encode(record)))
    for cut in range(len(whole) + 1):
        found = read(whole[:cut])
        complete = sum(1 for start in starts[1:] if start <= cut)
        assert found.records == tuple(EVERY[:complete])
        assert found.damages == () and found.intact == starts[complete]


def test_damage_in_the_middle_is_named_with_the_time_that_follows_it() -> None:
    content = encode(HEAD) + b"rubbish\nmore rubbish\n" + encode(Seen(1.0, ALICE, ID)) + encode(ENDED)
    found = read(content)
    assert found.damages == (Damage(len(encode(HEAD)), 21, 1002.0),)
    assert found.records == (HEAD, Seen(1.0, ALICE, ID), ENDED)


@pytest.mark.parametrize("rubbish", [b"a whole line\n", b"\0" * (LONGEST_LINE + 1)])
def test_more_than_a_torn_record_at_the_end_is_damage(rubbish: bytes) -> None:
    found = read(encode(HEAD) + rubbish)
    assert found.damages == (Damage(len(encode(HEAD)), len(rubbish), None),)
    assert found.intact == len(encode(HEAD))


def test_another_version_is_not_guessed_at() -> None:
    from binascii import crc32

    head = b"J 2 1000000 900000 305000 0 and-more"
    with pytest.raises(UnknownVersion) as caught:
        read(b"%08x %s\nand whatever it writes\n" % (crc32(head), head))
    assert (caught.value.version, caught.value.window) == (2, 305.0)


def test_an_empty_file_is_good() -> None:
    assert read(b"") == read(b"abc") or read(b"abc").intact == 0
