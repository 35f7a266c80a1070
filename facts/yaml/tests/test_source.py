import logging
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from mcollective_py.errors import PluginError
from mcollective_py.node.factsource import CachedFacts
from mcollective_py.plugins.loader import load_facts_source

FOLDER = Path(__file__).parents[1]
REST = 1_000_000  # a time at which nothing is being written


def yaml_source(*paths):
    return load_facts_source("yaml", FOLDER, {"": ":".join(str(path) for path in paths)})


def write(path: Path, content: str | bytes, at: int | None = REST) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    if at is not None:
        os.utime(path, (at, at))
    return path


def replace(path: Path, content: str) -> None:
    write(path.with_suffix(".new"), content).rename(path)


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "facts.yaml", "country: uk\ncpus: 4\n")


def test_a_yaml_file_is_read(path):
    assert yaml_source(path).load() == {"country": "uk", "cpus": 4}


@pytest.mark.parametrize(
    "content", ['{"country": "uk", "os": {"release": 12.10}}', '\ufeff{"country": "uk", "os": {"release": 12.1}}\n']
)
def test_a_json_file_is_read_whatever_its_name(tmp_path, content):
    assert yaml_source(write(tmp_path / "facts.yaml", content)).load() == {"country": "uk", "os": {"release": 12.1}}


@pytest.mark.parametrize("content", ['{"a": 1, "big": %s}', "a: 1\nbig: %s\n"])
def test_a_number_of_5000_digits_stays_text_and_loses_no_other_fact(tmp_path, content):
    assert yaml_source(write(tmp_path / "facts.yaml", content % ("9" * 5000))).load() == {"a": 1, "big": "9" * 5000}


def test_a_yaml_mapping_in_braces_is_read(tmp_path):
    assert yaml_source(write(tmp_path / "facts.yaml", "{country: uk, cpus: 4}")).load() == {"country": "uk", "cpus": 4}


def test_of_several_files_the_later_overrides(tmp_path):
    one = write(tmp_path / "one.yaml", "a: 1\nb: 1\nos: {name: x}\n")
    two = write(tmp_path / "two.json", '{"b": 2, "os": {"family": "y"}}')
    assert yaml_source(one, two).load() == {"a": 1, "b": 2, "os": {"family": "y"}}


def test_a_missing_file_beside_another_is_passed_over(path, tmp_path):
    assert yaml_source(path, tmp_path / "none.yaml").load() == {"country": "uk", "cpus": 4}


def test_a_file_that_was_there_and_is_gone_is_a_failure(path, tmp_path):
    other = write(tmp_path / "other.yaml", "country: de\n")
    source = yaml_source(path, other)
    assert source.load()["country"] == "de"
    other.unlink()
    with pytest.raises(PluginError, match=r"other\.yaml is gone"):
        source.load()


def test_a_broken_file_beside_a_good_one_is_a_failure(path, tmp_path):
    with pytest.raises(PluginError, match=r"other\.yaml"):
        yaml_source(path, write(tmp_path / "other.yaml", "a: [")).load()


# 10 to the 10th values in 600 bytes; and keys that grow ninefold a line.
ALIASES = "a: &b0 [1,1,1,1,1,1,1,1,1,1]\n" + "".join(f"b{n}: &b{n} [{','.join([f'*b{n - 1}'] * 10)}]\n" for n in range(1, 10))
MERGES = "m0: &m0 {a: 1, b: 2}\n" + "".join(f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}], k{n}: 1}}\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no mapping"),
        (b"# nothing\n", "no mapping"),
        (b"{}", "is empty"),
        (b"- a\n- b\n", "no mapping"),
        (b"just text", "no mapping"),
        (b"a: [1, 2\nb: 3\n", "line "),
        (b"a: 1\n\tb: 2\n", "line 2"),
        (b"\0\0\0\0", "control characters"),
        (b"a: *nothing\n", "stands for nothing"),
        (b"a: &a [*a]\n", "or for itself"),
        (b"? {a: b}\n: c\n", "as a key"),
        (b"[" * 200_000, "deeper than 24|nesting depth"),  # by us, or by PyYAML from 6.0.4 on
        (b"a: " + b"{b: " * 60_000, "deeper than 24|nesting depth"),
        (b'{"a":' * 100_000, "deep"),
        (ALIASES, "more than 100000"),
        (MERGES, "more than 100000"),
    ],
)
def test_a_file_without_usable_facts_is_refused_with_the_reason(tmp_path, content, reason):
    begun = time.monotonic()
    with pytest.raises(PluginError, match=reason):
        yaml_source(write(tmp_path / "facts.yaml", content)).load()
    assert time.monotonic() - begun < 3


def test_a_file_over_the_limit_a_fifo_and_a_loop_are_refused(tmp_path):
    huge, fifo, loop = tmp_path / "huge.yaml", tmp_path / "fifo.yaml", tmp_path / "loop.yaml"
    with huge.open("wb") as file:
        file.truncate(200 * 1024**2)
    os.mkfifo(fifo)
    loop.symlink_to(loop)
    for path, reason in ((huge, "has 209715200 bytes"), (fifo, "not a regular file"), (loop, "symbolic links")):
        with pytest.raises(PluginError, match=reason):
            yaml_source(path).load()


def test_no_file_at_all_says_what_to_set(tmp_path):
    with pytest.raises(PluginError, match=r"plugin\.yaml"):
        load_facts_source("yaml", FOLDER, {}).load()
    with pytest.raises(PluginError, match="no such file"):
        yaml_source(tmp_path / "none").load()


def test_a_replaced_file_is_seen_by_the_very_next_request(path):
    cache = CachedFacts(yaml_source(path), patience=5)
    assert cache.facts(1000) == {"country": "uk", "cpus": 4}
    replace(path, "country: de\n")
    assert cache.facts(1010) == {"country": "de"}


def test_a_file_written_in_place_waits_until_it_rests(path):
    source = yaml_source(path)
    source.load()
    before = source.fingerprint()
    write(path, "country: de\n", at=None)
    assert source.fingerprint() == before
    assert source.load() == {"country": "uk", "cpus": 4}
    os.utime(path, (REST + 1, REST + 1))
    assert source.fingerprint() != before
    assert source.load() == {"country": "de"}


def test_a_file_that_never_rests_becomes_a_failure(path, monkeypatch):
    source = yaml_source(path)
    source.load()
    moment = time.time()
    clock = sys.modules[type(source).__module__].time
    monkeypatch.setattr(clock, "time", lambda: moment)
    for _ in range(30):
        write(path, "country: d\n", at=None)
        os.utime(path, (moment, moment))
        assert source.load() == {"country": "uk", "cpus": 4}
        moment += 1
    os.utime(path, (moment, moment))
    with pytest.raises(PluginError, match="is being written all the time"):
        source.load()
    moment += 2
    assert source.load() == {"country": "d"}


def test_a_file_that_did_not_change_is_not_parsed_again(path):
    source = yaml_source(path)
    first = source.load()
    assert first["cpus"] == 4
    path.chmod(0o600)  # another stamp, the same content
    assert source.load() == first


def spoil_gone(path):
    path.unlink()


def spoil_half(path):
    write(path, "country: uk\nos: {name: ", at=REST + 5)


def spoil_empty(path):
    write(path, "", at=REST + 5)


def spoil_fifo(path):
    path.unlink()
    os.mkfifo(path)
    os.utime(path, (REST + 5, REST + 5))


def spoil_huge(path):
    with path.open("wb") as file:
        file.truncate(200 * 1024**2)
    os.utime(path, (REST + 5, REST + 5))


@pytest.mark.parametrize("spoil", [spoil_gone, spoil_half, spoil_empty, spoil_fifo, spoil_huge])
def test_the_last_good_facts_stay_half_an_hour_then_none_are_known_with_one_warning_each(path, spoil, caplog):
    cache = CachedFacts(yaml_source(path), name="factsource yaml", patience=5)
    good = cache.facts(1000)
    assert good == {"country": "uk", "cpus": 4}
    spoil(path)
    for now in range(1010, 2810, 100):
        assert cache.facts(now) == good
    assert cache.facts(2811) is None
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 2


def test_a_writer_that_never_stops_is_never_seen_half_way(path):
    lines = [f"fact{number}: value{number}\n" for number in range(400)]
    whole = {f"fact{number}": f"value{number}" for number in range(400)}
    write(path, "".join(lines))
    cache = CachedFacts(yaml_source(path), patience=0.01)
    assert cache.facts() == whole
    stop = threading.Event()

    def write_in_pieces() -> None:
        while not stop.is_set():
            with path.open("w", buffering=1) as file:
                for line in lines:
                    file.write(line)

    writer = threading.Thread(target=write_in_pieces)
    writer.start()
    try:
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            assert cache.facts() == whole
    finally:
        stop.set()
        writer.join()
