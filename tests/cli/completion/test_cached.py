import stat

from mcollective_py.cli.completion.cached import Cached, stamp_of


def test_a_value_is_found_once_as_long_as_its_file_is_as_it_was(tmp_path):
    source = tmp_path / "ddl.yaml"
    source.write_text("one")
    asked = []

    def find():
        asked.append(1)
        return source.read_text()

    def get():
        return Cached(str(tmp_path / "cache" / "ddls.json")).get("a", stamp_of(str(source)), find)

    assert (get(), get(), len(asked)) == ("one", "one", 1)
    source.write_text("other")
    assert (get(), len(asked)) == ("other", 2)
    assert stat.S_IMODE((tmp_path / "cache" / "ddls.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700


def test_a_file_that_is_not_there_has_a_stamp_too(tmp_path):
    assert stamp_of(str(tmp_path / "none")) == [str(tmp_path / "none"), None, None]


def test_a_broken_cache_costs_time_alone(tmp_path):
    file = tmp_path / "x.json"
    for text in (b"\xff", b"[1", b"[]", b'{"a": 5}', b'{"a": [1, 2, 3]}', b"[" * 100_000):
        file.write_bytes(text)
        assert Cached(str(file)).get("a", [1], lambda: "found") == "found"


def test_a_folder_that_cannot_be_written_costs_time_alone(tmp_path):
    (tmp_path / "file").write_text("")
    assert Cached(str(tmp_path / "file" / "x.json")).get("a", [1], lambda: "found") == "found"


def test_it_is_bounded(tmp_path):
    kept = Cached(str(tmp_path / "x.json"))
    for number in range(600):
        kept.get(str(number), [], lambda: 1)
    assert len(kept._entries) == 500


def test_the_folder_is_the_users():
    assert Cached.of_user("words", {"XDG_CACHE_HOME": "/x"})._file == "/x/mcollective_py/completion/words.json"
