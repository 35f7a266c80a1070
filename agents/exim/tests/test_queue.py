"""The queue reader over spools written here from a real message."""

import os
from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

queue = load_module("exim", Path(__file__).parents[1], "queue")
CASE = (Path(__file__).parent / "cases" / "spool-1xVWj6-00000i-1z.txt").read_bytes()
A, B, C = "1xVWj6-00000i-1z", "1xVWj7-00000i-1z", "1xVWj8-0000000000i-1zAb"


def put(spool, id, folder="input", sender="alice@example.org"):
    place = spool / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{id}-H").write_bytes(CASE.replace(A.encode(), id.encode(), 1).replace(b"<alice@example.org>", f"<{sender}>".encode(), 1))
    (place / f"{id}-D").write_bytes(f"{id}-D\ntext\n\n".encode())
    return place


def ids(spool, **how):
    return [mail.id for mail in queue.read_queue(queue.queue_folders(str(spool)), **how).messages]


def test_messages_of_all_folders_come_oldest_first(tmp_path):
    put(tmp_path, C)
    put(tmp_path, B, "input/7")
    put(tmp_path, A, "slow/input")
    found = queue.read_queue(queue.queue_folders(str(tmp_path))).messages
    assert [(mail.id, mail.queue) for mail in found] == [(A, "slow"), (B, ""), (C, "")]
    assert found[1].folder == str(tmp_path / "input" / "7")
    assert found[0].size == 263


def test_a_spool_that_was_never_used_is_empty_and_one_that_is_not_there_is_an_error(tmp_path):
    assert ids(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        queue.queue_folders(str(tmp_path / "none"))


def test_other_files_of_a_spool_are_no_messages(tmp_path):
    place = put(tmp_path, A)
    for name in ("hdr.123", "x-H", f"{A}-K", f"{B}-D", "..-H"):
        (place / name).touch()
    assert ids(tmp_path) == [A]


def test_a_broken_file_is_told_of_and_keeps_none_away(tmp_path):
    place = put(tmp_path, A)
    put(tmp_path, B)
    (place / f"{C}-H").write_bytes(b"")
    found = queue.read_queue(queue.queue_folders(str(tmp_path)))
    assert [mail.id for mail in found.messages] == [A, B]
    assert (found.total, found.broken[0].id) == (3, C)
    assert "broken" in found.broken[0].reason


def test_links_and_devices_are_not_followed(tmp_path):
    place = put(tmp_path, A)
    (place / f"{B}-H").symlink_to("/etc/passwd")
    os.mkfifo(place / f"{C}-H")
    found = queue.read_queue(queue.queue_folders(str(tmp_path)))
    assert [mail.id for mail in found.messages] == [A]
    assert {one.id for one in found.broken} == {B, C}


def test_a_journal_says_who_has_it_already(tmp_path):
    place = put(tmp_path, A)
    kept = queue.Kept()
    assert queue.read_queue(queue.queue_folders(str(tmp_path)), kept=kept).messages[0].recipients
    (place / f"{A}-J").write_text("defer@example.com\n")
    mail = queue.read_queue(queue.queue_folders(str(tmp_path)), kept=kept).messages[0]
    assert (mail.recipients, mail.delivered) == ((), ("defer@example.com",))


def test_an_unchanged_message_is_not_read_again_and_a_changed_one_is(tmp_path):
    place = put(tmp_path, A)
    put(tmp_path, B)
    kept, folders = queue.Kept(), queue.queue_folders(str(tmp_path))
    first = queue.read_queue(folders, kept=kept).messages
    read_at = (place / f"{B}-H").stat().st_ctime + 0.01
    kept.folders[str(place)].looked = read_at + 1  # what changed in the second before is read again in any case
    changed = (place / f"{B}-H").read_bytes().replace(b"<alice@", b"<bob@", 1)
    while (place / f"{B}-H").stat().st_ctime <= read_at:
        (place / "hdr.new").write_bytes(changed)
        os.utime(place / "hdr.new", (1_000_000_000, 1_000_000_000))
        (place / "hdr.new").rename(place / f"{B}-H")  # as Exim writes one anew, or somebody out of a backup
    second = queue.read_queue(folders, kept=kept).messages
    assert second[0] is first[0]
    assert second[1].sender == "bob@example.org"
    for end in "HD":
        (place / f"{A}-{end}").unlink()
    assert [mail.id for mail in queue.read_queue(folders, kept=kept).messages] == [B]
    assert list(kept.folders[str(place)].found) == [B]


def test_when_somebody_set_the_clock_all_is_read_again(tmp_path):
    place = put(tmp_path, A)
    kept, folders = queue.Kept(), queue.queue_folders(str(tmp_path))
    first = queue.read_queue(folders, kept=kept).messages[0]
    kept.folders[str(place)].looked += 2
    assert queue.read_queue(folders, kept=kept).messages[0] is first
    kept.folders[str(place)].looked += 2
    kept.clock += 10
    assert queue.read_queue(folders, kept=kept).messages[0] is not first


def test_of_more_than_it_may_remember_it_gives_all_and_remembers_some(tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "MAX_KEPT", 2)
    place, other = put(tmp_path, A), put(tmp_path, C, "slow/input")
    put(tmp_path, B, "slow/input")
    for folder in (place, other):
        os.utime(folder, (1_000_000_000, 1_000_000_000))
    kept, folders = queue.Kept(), queue.queue_folders(str(tmp_path))
    for _ in range(2):
        assert [mail.id for mail in queue.read_queue(folders, kept=kept).messages] == [A, B, C]
        assert [list(known.found) for known in kept.folders.values()] == [[A], [B]]


@pytest.mark.parametrize("kept", [None, queue.Kept()])
def test_a_queue_that_is_too_long_is_told_as_such(tmp_path, monkeypatch, kept):
    monkeypatch.setattr(queue, "MAX_MESSAGES", 2)
    for id in (A, B, C):
        put(tmp_path, id)
    found = queue.read_queue(queue.queue_folders(str(tmp_path)), kept=kept)
    assert (len(found.messages), found.total) == (2, 2)
    assert [(one.id, one.reason[:15]) for one in found.broken] == [("", "only 2 messages")]


def test_messages_to_very_many_are_not_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "MAX_ADDRESSES", 1)
    place = put(tmp_path, A)
    put(tmp_path, B)
    os.utime(place, (1_000_000_000, 1_000_000_000))
    kept, folders = queue.Kept(), queue.queue_folders(str(tmp_path))
    for _ in range(2):
        assert [mail.id for mail in queue.read_queue(folders, kept=kept).messages] == [A, B]
        held = [one for known in kept.folders.values() for one in known.found.values()]
        assert sum(len(one.recipients) + len(one.delivered) for one in held) <= 1


def test_of_a_folder_that_is_as_it_was_no_file_is_looked_at(tmp_path):
    place = put(tmp_path, A)
    kept, folders = queue.Kept(), queue.queue_folders(str(tmp_path))
    os.utime(place, (1_000_000_000, 1_000_000_000))
    first = queue.read_queue(folders, kept=kept).messages
    assert queue.read_queue(folders, kept=kept).messages == first
    assert kept.folders[str(place)].changed == 1_000_000_000 * 10**9
    put(tmp_path, B)
    assert [mail.id for mail in queue.read_queue(folders, kept=kept).messages] == [A, B]
    assert kept.folders[str(place)].changed == -1  # it changed a moment ago: who knows whether it does again


def test_only_what_is_wanted_comes(tmp_path):
    put(tmp_path, A)
    put(tmp_path, B, sender="bob@example.org")
    assert ids(tmp_path, wanted=lambda mail: mail.sender.startswith("bob")) == [B]
    assert ids(tmp_path, sender_wanted=lambda sender: sender.startswith("bob")) == [B]


def test_one_message_is_found_in_any_folder(tmp_path):
    put(tmp_path, B, "slow/input/7")
    folders = queue.queue_folders(str(tmp_path))
    assert queue.read_one(folders, B).queue == "slow"
    assert queue.read_one(folders, A) is None
    with pytest.raises(ValueError, match="no message id"):
        queue.read_one(folders, "../../etc/passwd")


@pytest.mark.parametrize("path", ["gone", "."])
def test_a_tail_of_nothing_is_an_error(tmp_path, path):
    with pytest.raises(OSError):
        queue.read_tail(str(tmp_path / path), 10)


def test_parts_of_files(tmp_path):
    (tmp_path / "f").write_bytes(b"0123456789")
    assert queue.read_part(str(tmp_path / "f"), 4) == (b"0123", True)
    assert queue.read_part(str(tmp_path / "f"), 10) == (b"0123456789", False)
    assert queue.read_tail(str(tmp_path / "f"), 3) == b"789"
