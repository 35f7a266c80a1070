import os

import pytest

from mcollective_py.client.known import MAX_FILES, Knowledge, KnownHosts
from mcollective_py.filter import Filter

DAY = 86400.0
WEB = Filter.parse(classes=["webserver"])


def test_nothing_known_means_the_full_window():
    assert Knowledge().expected(1000.0) is None
    assert Knowledge({}, 1000.0).expected(1001.0) is None


def test_hosts_known_by_a_full_window_are_expected():
    knowledge = Knowledge().learned(["web1", "web2"], was_full=True, now=1000.0)
    assert knowledge.expected(1010.0) == {"web1", "web2"}


def test_hosts_known_without_any_full_window_are_not_enough():
    assert Knowledge().learned(["web1"], was_full=False, now=1000.0).expected(1001.0) is None


def test_a_full_window_is_due_again_after_an_hour_and_when_the_clock_was_set_back():
    knowledge = Knowledge({"web1": 1000.0}, 1000.0)
    assert knowledge.expected(4599.0) == {"web1"}
    assert knowledge.expected(4600.0) is None
    assert knowledge.expected(999.0) is None
    assert knowledge.expected(1000.0 + 50, interval=50) is None


def test_a_shorter_window_is_not_enough_for_a_longer_one_and_does_not_replace_it_while_it_is_fresh():
    short = Knowledge().learned(["web1"], was_full=True, now=1000.0, window=0.5)
    assert short.expected(1001.0, window=0.5) == {"web1"}
    assert short.expected(1001.0, window=2.0) is None
    long = short.learned(["web1", "web2"], was_full=True, now=1002.0, window=2.0)
    assert long.expected(1003.0, window=2.0) == {"web1", "web2"}
    again = long.learned(["web1"], was_full=True, now=1004.0, window=0.5)
    assert (again.full_window, again.window, again.missed) == (1002.0, 2.0, {})
    later = long.learned(["web1"], was_full=True, now=4602.0, window=0.5)
    assert (later.full_window, later.window, later.missed) == (4602.0, 0.5, {"web2": 1})


def test_the_age_is_that_of_the_last_full_window():
    assert Knowledge().age(1000.0) is None
    assert Knowledge({"web1": 1000.0}, 1000.0).age(1840.0) == 840.0
    assert Knowledge({"web1": 1000.0}, 1000.0).age(900.0) == 0.0


def test_new_hosts_are_added_and_silent_ones_kept_with_their_age():
    knowledge = Knowledge({"web1": 1000.0}, 1000.0).learned(["web2"], was_full=False, now=2000.0)
    assert knowledge == Knowledge({"web1": 1000.0, "web2": 2000.0}, 1000.0)


def test_a_host_silent_in_three_whole_windows_is_forgotten_where_it_may_no_longer_be_meant():
    def after(*answered, can_change=True):
        knowledge = Knowledge({"web1": 1000.0, "web2": 1000.0}, 1000.0)
        for number, names in enumerate(answered):
            knowledge = knowledge.learned(names, was_full=True, now=1001.0 + number, can_change=can_change)
        return set(knowledge.hosts)

    assert after(["web1"], ["web1"]) == {"web1", "web2"}
    assert after(["web1"], ["web1"], ["web1"]) == {"web1"}
    assert after(["web1"], ["web1"], ["web1", "web2"], ["web1"], ["web1"]) == {"web1", "web2"}  # counted from anew
    assert after(["web1"], ["web1"], ["web1"], can_change=False) == {"web1", "web2"}


def test_an_early_end_says_nothing_of_who_was_silent():
    knowledge = Knowledge({"web1": 1000.0}, 1000.0)
    for now in (1001.0, 1002.0, 1003.0, 1004.0):
        knowledge = knowledge.learned([], was_full=False, now=now, can_change=True)
    assert set(knowledge.hosts) == {"web1"}


def test_a_host_silent_for_seven_days_is_forgotten():
    old = Knowledge({"web1": 0.0, "web2": 1.0}, 0.0)
    assert set(old.learned([], was_full=True, now=7 * DAY).hosts) == {"web2"}


def test_what_was_saved_is_loaded_by_the_same_question_only(tmp_path):
    known = KnownHosts(tmp_path, "client.cfg")
    knowledge = Knowledge({"web1": 5.0}, 5.0, {"web1": 2}, 2.0)
    known.save("mcollective", "discovery", WEB, knowledge)
    assert known.load("mcollective", "discovery", WEB) == knowledge
    assert known.load("mcollective", "discovery", Filter()) == Knowledge()
    assert known.load("other", "discovery", WEB) == Knowledge()
    assert KnownHosts(tmp_path, "other.cfg").load("mcollective", "discovery", WEB) == Knowledge()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"hosts": {"a b": 1}}',
        '{"hosts": {"web1": "x"}}',
        '{"hosts": {"web1": NaN}}',
        '{"hosts": {"web1": 5.0}, "missed": {"web1": "x"}}',
        '{"hosts": {"web1": 5.0}, "missed": [1]}',
        "[" * 100000,
    ],
)
def test_a_broken_file_is_nothing_known(tmp_path, text):
    known = KnownHosts(tmp_path)
    known.save("mcollective", "discovery", WEB, Knowledge({"web1": 5.0}, 5.0))
    (file,) = tmp_path.iterdir()
    file.write_text(text)
    assert known.load("mcollective", "discovery", WEB) == Knowledge()


def test_a_folder_that_cannot_be_written_costs_no_result(tmp_path):
    (tmp_path / "file").write_text("")
    known = KnownHosts(tmp_path / "file" / "known")
    known.save("mcollective", "discovery", WEB, Knowledge({"web1": 5.0}, 5.0))
    assert known.load("mcollective", "discovery", WEB) == Knowledge()


def test_the_oldest_files_go_when_there_are_too_many(tmp_path):
    known = KnownHosts(tmp_path)
    for number in range(MAX_FILES):
        file = tmp_path / f"{number:032x}.json"
        file.write_text("{}")
        os.utime(file, (number, number))
    known.save("mcollective", "discovery", WEB, Knowledge({"web1": 5.0}, 5.0))
    assert len(list(tmp_path.iterdir())) == MAX_FILES
    assert not (tmp_path / f"{0:032x}.json").exists()
    assert known.load("mcollective", "discovery", WEB).hosts == {"web1": 5.0}


def test_the_folder_is_the_users_own_cache(tmp_path):
    known = KnownHosts.of_user("c", {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": "/h"})
    known.save("mcollective", "discovery", WEB, Knowledge({"web1": 5.0}, 5.0))
    assert known.folder == tmp_path / "cache" / "mcollective_py" / "known"
    assert known.folder.stat().st_mode & 0o777 == 0o700
    assert str(KnownHosts.of_user("c", {"HOME": "/h"}).folder) == "/h/.cache/mcollective_py/known"


def test_a_link_in_place_of_the_folder_has_nothing_deleted(tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    for number in range(MAX_FILES + 50):
        (victim / f"{number:032x}.json").write_text("precious")
    (tmp_path / "known").symlink_to(victim)
    known = KnownHosts(tmp_path / "known", "client.cfg")
    known.save("mcollective", "discovery", Filter(), Knowledge())
    assert sum(path.read_text() == "precious" for path in victim.iterdir()) == MAX_FILES + 50
