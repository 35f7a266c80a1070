import os
import stat
from base64 import b64decode, b64encode
from hashlib import md5, sha256
from pathlib import Path

import pytest

from mcollective_py.testing import AgentHarness, assert_aborted, assert_conforms, assert_invalid, assert_ok

FOLDER = Path(__file__).parents[1]


@pytest.fixture
def agent(tmp_path):
    """One that may change and read what is in the folder `files` of the test."""
    (tmp_path / "files").mkdir()
    return AgentHarness(FOLDER, config={"allow": str(tmp_path / "files"), "touch_file": str(tmp_path / "files" / "touched")})


@pytest.fixture
def files(tmp_path, agent):
    return tmp_path / "files"


def content_of(text, **more):
    raw = text.encode()
    return {"content": b64encode(raw).decode(), "sha256": sha256(raw).hexdigest(), **more}


def test_the_folder_is_as_hosts_and_operators_expect():
    assert_conforms(FOLDER)


class TestTheHistoricActions:
    def test_touch_makes_an_empty_file_and_gives_one_that_is_there_a_new_time(self, agent, files):
        assert_ok(agent.call("touch", file=str(files / "a")), changed=True, created=True)
        (files / "a").write_text("kept")
        os.utime(files / "a", (1, 1))
        assert_ok(agent.call("touch", file=str(files / "a")), created=False)
        assert (files / "a").read_text() == "kept" and (files / "a").stat().st_mtime > 1_000_000

    def test_without_a_file_the_one_of_the_setting_is_meant(self, agent, files):
        assert_ok(agent.call("touch"))
        assert (files / "touched").exists()
        assert_ok(agent.call("status"), name=str(files / "touched"), present=1)
        assert_ok(agent.call("remove"))
        assert not (files / "touched").exists()

    def test_the_usual_file_lies_behind_a_link_of_the_system(self):
        data = AgentHarness(FOLDER).call("status").data
        assert data["name"] == "/var/run/mcollective.plugin.filemgr.touch"

    def test_status_has_all_historic_outputs(self, agent, files):
        (files / "a").write_bytes(b"text\n")
        (files / "a").chmod(0o640)
        os.utime(files / "a", (1_000_000_000, 1_000_000_000))
        found = (files / "a").stat()
        assert_ok(
            agent.call("status", file=str(files / "a")), name=str(files / "a"), output="present", present=1, size=5, mode="100640",
            md5=md5(b"text\n").hexdigest(), sha256=sha256(b"text\n").hexdigest(), uid=found.st_uid, gid=found.st_gid, type="file",
            mtime_seconds=1_000_000_000, atime_seconds=int, ctime_seconds=int, mtime=str, ctime=str, atime=str,
        )  # fmt: skip

    def test_what_is_not_there_is_told_as_ever(self, agent, files):
        reply = agent.call("status", file=str(files / "none"))
        assert_aborted(reply, f"^{files}/none does not exist$")
        assert {name: reply.data[name] for name in ("output", "present", "mode", "type", "md5")} == {
            "output": "not present", "present": 0, "mode": "0000", "type": "unknown", "md5": 0,
        }  # fmt: skip

    def test_a_folder_lists_its_names(self, agent, files):
        for name in ("b", "a", ".c"):
            (files / name).touch()
        (files / os.fsdecode(b"\xff")).touch()
        data = assert_ok(agent.call("status", file=str(files), dirlist=True), type="directory", md5=0)
        assert data["dir_listing"] == [".c", "\\xff", "a", "b"]

    def test_links_sockets_and_fifos_are_told_and_never_opened(self, agent, files):
        (files / "link").symlink_to("/etc/hostname")
        (files / "dead").symlink_to("/no/such")
        os.mkfifo(files / "fifo")
        assert_ok(agent.call("status", file=str(files / "link")), type="symlink", md5=0)
        assert_aborted(agent.call("status", file=str(files / "dead")), "does not exist")
        assert_ok(agent.call("status", file=str(files / "fifo")), type="fifo")

    def test_to_remove_what_is_not_there_is_a_failure_and_so_is_a_folder(self, agent, files):
        assert_aborted(agent.call("remove", file=str(files / "none")), f"^Could not remove file '{files}/none' - it is not present$")
        (files / "d").mkdir()
        assert_aborted(agent.call("remove", file=str(files / "d")), "it is a directory")

    def test_noop_changes_nothing(self, agent, files):
        (files / "a").write_text("x")
        assert_ok(agent.call("remove", file=str(files / "a"), noop=True), changed=True)
        assert_ok(agent.call("touch", file=str(files / "b"), noop=True), created=True)
        assert_ok(agent.call("put", file=str(files / "c"), noop=True, **content_of("x")), changed=True)
        assert_ok(agent.call("mkdir", file=str(files / "d"), noop=True), changed=True)
        assert_ok(agent.call("attributes", file=str(files / "a"), mode="0600", noop=True), changed=True)
        assert os.listdir(files) == ["a"] and (files / "a").stat().st_mode & 0o777 == 0o644

    def test_a_copy_is_kept_where_that_is_asked(self, agent, files):
        (files / "a").write_text("x")
        data = assert_ok(agent.call("remove", file=str(files / "a"), backup=True))
        assert Path(data["backup"]).read_text() == "x" and data["backup"].endswith(".bak") and not (files / "a").exists()


@pytest.mark.parametrize("file", ["", "a", "../etc/passwd", "/a/../etc/passwd", "/a\nb", "/a\0b", "/" + "x" * 256])
def test_what_is_no_path_never_reaches_the_agent(agent, file):
    for action in ("touch", "remove", "status"):
        assert_invalid(agent.call(action, file=file)) if file else assert_invalid(agent.call("get", file=file))


class TestGet:
    def test_a_file_comes_in_pieces(self, agent, files):
        text = os.urandom(600_000)
        (files / "a").write_bytes(text)
        got, stamps = b"", set()
        while True:
            data = assert_ok(agent.call("get", file=str(files / "a"), offset=len(got)), size=600_000)
            piece = b64decode(data["content"])
            assert (sha256(piece).hexdigest(), len(piece), data["offset"]) == (data["sha256"], data["length"], len(got))
            got += piece
            stamps.add(data["stamp"])
            if data["eof"]:
                break
        assert got == text and len(stamps) == 1

    def test_a_changed_file_has_another_stamp(self, agent, files):
        (files / "a").write_text("x")
        before = agent.call("get", file=str(files / "a")).data["stamp"]
        (files / "a").write_text("yy")
        assert agent.call("get", file=str(files / "a")).data["stamp"] != before

    def test_pieces_have_a_limit(self, agent, files):
        (files / "a").write_text("x")
        assert_invalid(agent.call("get", file=str(files / "a"), length=262_145))
        assert_invalid(agent.call("get", file=str(files / "a"), offset=-1))

    def test_what_not_every_user_may_read_is_told_to_be_private(self, agent, files):
        (files / "a").write_text("x")
        (files / "a").chmod(0o600)
        assert_ok(agent.call("get", file=str(files / "a")), private=True)

    @pytest.mark.parametrize("action", ["get", "digest", "head", "tail"])
    def test_fifos_devices_and_folders_are_refused_at_once(self, agent, files, action):
        os.mkfifo(files / "fifo")
        assert_aborted(agent.call(action, file=str(files / "fifo")), "no regular file but a fifo")
        assert_aborted(agent.call(action, file="/dev/null"), "no regular file but a chardev")
        assert_aborted(agent.call(action, file=str(files)), "no regular file but a directory")


class TestPut:
    def test_a_new_file_has_its_content_mode_and_digest(self, agent, files):
        assert_ok(
            agent.call("put", file=str(files / "a"), mode="0640", **content_of("hello\n")), changed=True, complete=True, before=""
        )
        assert (files / "a").read_text() == "hello\n" and stat.S_IMODE((files / "a").stat().st_mode) == 0o640
        assert os.listdir(files) == ["a"]

    def test_what_failed_is_not_said_to_be_changed(self, agent, files):
        last = content_of("hello\n", size=12, offset=6)
        result = agent.call("put", file=str(files / "a"), **last)
        assert (result.statuscode, result.data["changed"]) == (1, False)

    def test_what_is_so_already_is_left_alone(self, agent, files):
        agent.call("put", file=str(files / "a"), **content_of("x"))
        inode = (files / "a").stat().st_ino
        assert_ok(agent.call("put", file=str(files / "a"), **content_of("x")), changed=False)
        assert_ok(agent.call("put", file=str(files / "a"), mode="0600", **content_of("x")), changed=True)
        assert (files / "a").stat().st_ino == inode and stat.S_IMODE((files / "a").stat().st_mode) == 0o600

    def test_a_file_that_is_replaced_keeps_its_mode_and_a_copy(self, agent, files):
        (files / "a").write_text("old")
        (files / "a").chmod(0o604)
        data = assert_ok(agent.call("put", file=str(files / "a"), backup=True, **content_of("new")), before=sha256(b"old").hexdigest())
        assert (files / "a").read_text() == "new" and stat.S_IMODE((files / "a").stat().st_mode) == 0o604
        assert Path(data["backup"]).read_text() == "old"

    def test_what_came_damaged_changes_nothing(self, agent, files):
        (files / "a").write_text("old")
        reply = agent.call("put", file=str(files / "a"), **{**content_of("new"), "sha256": "0" * 64})
        assert_aborted(reply, "not what sha256 says: nothing was changed")
        assert (files / "a").read_text() == "old" and os.listdir(files) == ["a"]

    def test_a_large_file_comes_in_pieces_and_appears_with_the_last(self, agent, files):
        raw = os.urandom(600_000)
        whole = {"file": str(files / "a"), "sha256": sha256(raw).hexdigest(), "size": len(raw)}
        for at in range(0, len(raw), 262_144):
            piece = raw[at : at + 262_144]
            assert not (files / "a").exists()
            data = assert_ok(agent.call("put", **whole, offset=at, content=b64encode(piece).decode()), received=at + len(piece))
        assert data["complete"] and data["changed"] and (files / "a").read_bytes() == raw and os.listdir(files) == ["a"]

    def test_pieces_that_do_not_follow_one_another_are_refused(self, agent, files):
        raw = b"x" * 10
        whole = {"file": str(files / "a"), "sha256": sha256(raw).hexdigest(), "size": 10}
        assert_aborted(agent.call("put", **whole, offset=5, content="eHh4eHg="), "send it from 0")
        assert_ok(agent.call("put", **whole, offset=0, content="eHh4eHg="), complete=False)
        assert_aborted(agent.call("put", **whole, offset=6, content="eHh4eA=="), "5 bytes of .* are here")

    def test_limits_and_nonsense_are_refused(self, agent, files):
        small = AgentHarness(FOLDER, config={**agent.config, "max_size": "2"})
        assert_aborted(small.call("put", file=str(files / "a"), **content_of("xxx")), "plugin.filemgr.max_size")
        assert_invalid(agent.call("put", file=str(files / "a"), content="%%", sha256="0" * 64))
        assert_invalid(agent.call("put", file=str(files / "a"), content="x\n", sha256="0" * 64))
        assert_invalid(agent.call("put", file=str(files / "a"), **content_of("x", mode="4755")))
        assert_invalid(agent.call("put", file=str(files / "a"), **content_of("x", mode="u+s")))
        assert_invalid(agent.call("put", file=str(files / "a"), **content_of("x", owner="nosuchuser")))
        for number in ("4294967295", "9" * 30):
            assert_invalid(agent.call("put", file=str(files / "a"), **content_of("x", owner=number)))
        assert_invalid(agent.call("put", file=str(files / "a"), **content_of("x", size=0)))
        assert os.listdir(files) == []

    def test_a_link_is_never_written_through(self, agent, files, tmp_path):
        (tmp_path / "target").write_text("old")
        (files / "a").symlink_to(tmp_path / "target")
        assert_aborted(agent.call("put", file=str(files / "a"), **content_of("new")), "a symlink: name what it leads to")
        assert_aborted(agent.call("touch", file=str(files / "a")), "symlink")
        assert (tmp_path / "target").read_text() == "old"


class TestFoldersAndAttributes:
    def test_a_folder_is_made_once(self, agent, files):
        assert_ok(agent.call("mkdir", file=str(files / "d"), mode="2750"), changed=True)
        assert stat.S_IMODE((files / "d").stat().st_mode) == 0o2750
        assert_ok(agent.call("mkdir", file=str(files / "d"), mode="2750"), changed=False)
        assert_ok(agent.call("mkdir", file=str(files / "d"), mode="0700"), changed=True)

    def test_mode_and_owner_are_set_and_what_was_is_told(self, agent, files):
        (files / "a").write_text("x")
        (files / "a").chmod(0o644)
        me = f"{os.geteuid()}:{os.getegid()}"
        assert_ok(agent.call("attributes", file=str(files / "a"), mode="0600"), changed=True, before=f"0644 {me}")
        assert_ok(agent.call("attributes", file=str(files / "a"), owner=str(os.geteuid()), group=str(os.getegid())), changed=False)
        assert_invalid(agent.call("attributes", file=str(files / "a"), mode="4755"))
        assert_invalid(agent.call("attributes", file=str(files / "a")))

    def test_a_second_name_of_a_file_elsewhere_is_not_touched(self, agent, files, tmp_path):
        (tmp_path / "secret").write_text("x")
        (tmp_path / "secret").chmod(0o600)
        os.link(tmp_path / "secret", files / "a")
        assert_aborted(agent.call("attributes", file=str(files / "a"), mode="0666"), "has 2 names")
        assert_aborted(agent.call("get", file=str(files / "a")), "is not to be read on this host")


class TestLines:
    @pytest.fixture
    def log(self, files):
        (files / "log").write_text("".join(f"line {number} {'Error' if number % 10 == 0 else 'ok'}\n" for number in range(1, 101)))
        return str(files / "log")

    def test_first_and_last_lines(self, agent, log):
        assert_ok(agent.call("head", file=log, lines=2), text="line 1 ok\nline 2 ok", truncated=False)
        assert_ok(agent.call("tail", file=log, lines=2), text="line 99 ok\nline 100 Error", truncated=False)
        assert len(assert_ok(agent.call("tail", file=log))["text"].split("\n")) == 10

    def test_lines_with_a_text_or_an_expression(self, agent, log):
        assert_ok(
            agent.call("grep", file=log, pattern="Error", limit=2), text="line 90 Error\nline 100 Error", matches=10, truncated=True
        )
        assert_ok(agent.call("grep", file=log, pattern="error"), text="", matches=0)
        assert_ok(agent.call("grep", file=log, pattern="eRROR", ignore_case=True), matches=10)
        assert_ok(agent.call("grep", file=log, pattern="^line (1|2) ", regex=True), text="line 1 ok\nline 2 ok", matches=2)
        assert_ok(agent.call("grep", file=log, pattern="(a+)+$", regex=True), matches=0)
        assert_invalid(agent.call("grep", file=log, pattern="(", regex=True))

    def test_what_is_no_text_and_has_no_end_does_no_harm(self, agent, files):
        (files / "a").write_bytes(b"\xff\x00" * 400_000)
        for action in ("head", "tail"):
            assert assert_ok(agent.call(action, file=str(files / "a")))["truncated"]
        (files / "b").write_bytes(b"\xff" * 5000 + b"\nname \xff\n")
        for how in ({"pattern": "name"}, {"pattern": "NAME", "ignore_case": True}, {"pattern": "^na.e", "regex": True}):
            assert_ok(agent.call("grep", file=str(files / "b"), **how), text="name \\xff", matches=1)
        assert_invalid(agent.call("tail", file=str(files / "a"), lines=0))


class TestBelowAFolder:
    @pytest.fixture
    def tree(self, files):
        (files / "d" / "e").mkdir(parents=True)
        (files / "d" / "big.log").write_bytes(b"x" * 5000)
        (files / "d" / "e" / "old.log").write_text("x")
        os.utime(files / "d" / "e" / "old.log", (1_000_000, 1_000_000))
        (files / "d" / "out").symlink_to("/etc")
        return files

    def test_files_are_found_by_name_age_and_size(self, agent, tree):
        def names(**inputs):
            return sorted(Path(one["path"]).name for one in assert_ok(agent.call("find", file=str(tree), **inputs))["found"])

        assert names(name="*.log") == ["big.log", "old.log"]
        assert names(older="1d") == ["old.log"]
        assert names(larger="4K", type="file") == ["big.log"]
        assert names(type="directory") == ["d", "e"]
        assert names(depth=1) == ["d"]
        assert names(type="symlink") == ["out"]
        assert_ok(agent.call("find", file=str(tree), limit=1), count=5, truncated=True)

    def test_how_much_room_a_folder_takes(self, agent, tree):
        os.link(tree / "d" / "big.log", tree / "d" / "same.log")
        data = assert_ok(agent.call("usage", file=str(tree)), size=5001, folders=2, files=3, truncated=False)
        assert data["bytes"] >= 5001 and data["total"] > data["free"] > 0 and 0 < data["percent"] <= 100
        assert_aborted(agent.call("usage", file=str(tree / "d" / "big.log")), "is no folder")


class TestWhatMayBeReadAndChanged:
    def test_nothing_is_changed_beside_what_is_allowed(self, agent, tmp_path):
        other = tmp_path / "other"
        other.write_text("x")
        (tmp_path / "files2").mkdir()
        for reply in (
            agent.call("remove", file=str(other)),
            agent.call("touch", file=str(tmp_path / "files2" / "a")),
            agent.call("put", file=str(other), **content_of("y")),
            agent.call("mkdir", file=str(tmp_path / "d")),
            agent.call("attributes", file=str(other), mode="0777"),
        ):
            assert_aborted(reply, "is not to be changed on this host: plugin.filemgr.allow is ")
        assert other.read_text() == "x" and sorted(os.listdir(tmp_path)) == ["files", "files2", "other"]

    def test_the_root_and_what_is_denied_stay_what_they_are(self):
        everything = AgentHarness(FOLDER, config={"allow": "/"})
        assert_aborted(everything.call("touch", file="/proc/x"), "plugin.filemgr.deny")
        assert_aborted(everything.call("remove", file="/dev/null"), "plugin.filemgr.deny")
        assert_aborted(everything.call("attributes", file="/", mode="0777"), "directory")

    def test_what_every_user_may_read_may_be_read(self, agent):
        assert_ok(agent.call("get", file="/etc/passwd"), private=False)
        assert_aborted(agent.call("get", file="/etc/shadow"), "not every user may read it")
        assert_aborted(agent.call("digest", file="/etc/shadow"), "not every user may read it")
        assert_ok(agent.call("status", file="/etc/shadow"), md5=0, sha256=None)

    def test_what_somebody_keeps_for_himself_in_a_folder_of_everybody_is_not_read(self, agent, files):
        (files / "krb5cc_1000").write_text("ticket")
        (files / "krb5cc_1000").chmod(0o600)
        files.chmod(0o1777)
        assert_aborted(agent.call("get", file=str(files / "krb5cc_1000")), "not every user may read it")
        assert_ok(agent.call("status", file=str(files / "krb5cc_1000")), md5=0, sha256=None)
        reading = AgentHarness(FOLDER, config={**agent.config, "allow_read": str(files)})
        assert_ok(reading.call("get", file=str(files / "krb5cc_1000")))

    def test_a_file_in_a_folder_that_is_closed_to_users_is_private(self, agent, tmp_path):
        (tmp_path / "closed").mkdir()
        (tmp_path / "closed" / "a").write_text("x")
        (tmp_path / "closed").chmod(0o700)
        assert_aborted(agent.call("get", file=str(tmp_path / "closed" / "a")), "is not to be read")
        reading = AgentHarness(FOLDER, config={**agent.config, "allow_read": str(tmp_path / "closed")})
        assert_ok(reading.call("get", file=str(tmp_path / "closed" / "a")))
        assert_aborted(reading.call("remove", file=str(tmp_path / "closed" / "a")), "is not to be changed")
