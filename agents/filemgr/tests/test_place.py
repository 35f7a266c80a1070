import os
import stat
import threading
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from agents.filemgr.access import Access
from agents.filemgr.place import place_of
from agents.filemgr.writing import Attributes, Upload, replace_file, taken_piece
from mcollective_py.agent import RPCAborted
from mcollective_py.testing import AgentHarness, assert_aborted, assert_ok

FOLDER = Path(__file__).parents[1]
NOBODY = 65534

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes links of somebody else's")


def where(path, **fields):
    with place_of(str(path), **fields) as place:
        return place.path


@pytest.fixture
def base(tmp_path):
    """A folder whose own path has no links."""
    return Path(os.path.realpath(tmp_path))


def test_a_path_without_links_leads_where_it_says(base):
    assert where(base / "a") == f"{base}/a"
    assert where(f"{base}//./a/") == f"{base}/a"
    assert where("/") == "/"


def test_links_of_our_own_are_followed_and_at_the_end_only_if_asked(base):
    (base / "real").mkdir()
    (base / "link").symlink_to("real")
    (base / "far").symlink_to(base / "real" / ".." / "real")
    assert where(base / "link" / "a") == where(base / "far" / "a") == f"{base}/real/a"
    assert where(base / "link") == f"{base}/link"
    assert where(base / "link", follows=True) == f"{base}/real"


@only_root
def test_a_link_of_somebody_else_is_not_followed(base):
    (base / "link").symlink_to("/etc")
    os.lchown(base / "link", NOBODY, NOBODY)
    with pytest.raises(RPCAborted, match=rf"{base}/link is a link that user {NOBODY} could have made"):
        where(base / "link" / "passwd")


@only_root
def test_a_link_in_a_folder_of_somebody_else_is_not_followed(base):
    (base / "his").mkdir()
    (base / "his" / "link").symlink_to("/etc")
    os.chown(base / "his", NOBODY, NOBODY)
    with pytest.raises(RPCAborted, match="could have made"):
        where(base / "his" / "link" / "passwd")


def test_a_link_in_a_folder_that_others_may_write_to_is_not_followed(base):
    (base / "open").mkdir()
    (base / "open" / "link").symlink_to("/etc")
    (base / "open").chmod(0o1777)
    with pytest.raises(RPCAborted, match="others may write to"):
        where(base / "open" / "link" / "passwd")


def test_links_in_a_circle_end(base):
    (base / "a").symlink_to("b")
    (base / "b").symlink_to("a")
    with pytest.raises(RPCAborted, match="too many links"):
        where(base / "a" / "x")


@pytest.mark.parametrize("path", ["a", "", "/a/../b", "/a\0b", "/.."])
def test_what_is_no_absolute_path_is_refused(path):
    with pytest.raises(RPCAborted, match="no absolute path"):
        where(path)


def test_no_descriptor_is_left_open(base):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        where(base / "a")
        with pytest.raises(OSError, match="No such file"):
            where(base / "none" / "a")
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_setting_whose_folder_others_could_turn_elsewhere_counts_for_nothing(base):
    (base / "open").mkdir()
    (base / "open" / "allowed").symlink_to("/etc")
    (base / "open").chmod(0o777)
    assert Access.of({"allow": f"{base}/open/allowed:{base}/x", "touch_file": ""}).change == (f"{base}/x",)


class TestWhileSomebodySwapsAFolderForALink:
    """In a folder that everybody may write to, `d` is a folder and a link to `secret` in turn, as fast as it goes."""

    ROUNDS = 400

    @pytest.fixture
    def agent(self, base):
        for name in ("open", "secret", "open/one", "open/d"):
            (base / name).mkdir()
        (base / "secret" / "file").write_text("secret")
        (base / "secret" / "file").chmod(0o600)
        (base / "open" / "d" / "file").write_text("open")
        (base / "open").chmod(0o777)
        (base / "open" / "link").symlink_to(base / "secret")
        return AgentHarness(FOLDER, config={"allow": str(base / "open")})

    @pytest.fixture
    def swapping(self, base, agent):
        """Renames the folder away, the link into its place, and back."""
        is_over = threading.Event()

        def swap():
            here = base / "open"
            while not is_over.is_set():
                os.rename(here / "d", here / "aside")
                os.rename(here / "link", here / "d")
                os.rename(here / "d", here / "link")
                os.rename(here / "aside", here / "d")

        thread = threading.Thread(target=swap)
        thread.start()
        yield
        is_over.set()
        thread.join(30)

    @pytest.mark.usefixtures("swapping")
    def test_nothing_beyond_it_is_read_or_changed(self, agent, base):
        file = str(base / "open" / "d" / "file")
        codes = set()
        for number in range(self.ROUNDS):
            raw = f"new {number}".encode()
            put = agent.call("put", file=file, content=b64encode(raw).decode(), sha256=sha256(raw).hexdigest())
            got = agent.call("get", file=file)
            assert got.data.get("content") != b64encode(b"secret").decode()
            new = agent.call("mkdir", file=str(base / "open" / "d" / f"made{number % 5}"))
            mode = agent.call("attributes", file=file, mode="0666")
            gone = agent.call("remove", file=file)
            codes |= {one.statuscode for one in (put, got, new, mode, gone)}
        assert os.listdir(base / "secret") == ["file"]
        assert (base / "secret" / "file").read_text() == "secret"
        assert stat.S_IMODE((base / "secret" / "file").stat().st_mode) == 0o600
        assert 0 in codes  # some of them found the folder


class TestWhileSomebodySwapsAFileForALinkOrAFIFO:
    def test_the_link_is_never_read_or_written_through_and_the_fifo_never_waited_for(self, base):
        here = base / "open"
        here.mkdir()
        (base / "secret").write_text("secret")
        (base / "secret").chmod(0o600)
        here.chmod(0o777)
        (here / "link").symlink_to(base / "secret")
        os.mkfifo(here / "fifo")
        is_over = threading.Event()

        def swap():
            while not is_over.is_set():
                for name in ("link", "fifo"):
                    try:
                        os.rename(here / name, here / "a")
                        os.rename(here / "a", here / name)
                    except FileNotFoundError:  # it was just replaced
                        if not os.path.lexists(here / name):
                            os.symlink(base / "secret", here / name) if name == "link" else os.mkfifo(here / name)

        thread = threading.Thread(target=swap)
        thread.start()
        agent = AgentHarness(FOLDER, config={"allow": str(here)})
        try:
            for number in range(100):
                raw = b"%d" % number
                agent.call("put", file=str(here / "a"), content=b64encode(raw).decode(), sha256=sha256(raw).hexdigest())
                for action in ("get", "tail", "digest"):
                    answer = agent.call(action, file=str(here / "a"))
                    assert "secret" not in str(answer.data.get("text")) and answer.data.get("content") != "c2VjcmV0"
                agent.call("touch", file=str(here / "a"))
                agent.call("attributes", file=str(here / "a"), mode="0644")
        finally:
            is_over.set()
            thread.join(30)
        assert (base / "secret").read_text() == "secret" and stat.S_IMODE((base / "secret").stat().st_mode) == 0o600


@only_root
class TestWhatSomebodyPutThereFirst:
    """In a folder where everybody may make files, as /tmp."""

    @pytest.fixture
    def shared(self, base):
        (base / "tmp").mkdir()
        (base / "tmp").chmod(0o1777)
        return base / "tmp"

    @pytest.fixture
    def agent(self, shared):
        return AgentHarness(FOLDER, config={"allow": str(shared)})

    @pytest.fixture
    def his(self, shared):
        (shared / "install.sh").write_text("new")
        (shared / "install.sh").chmod(0o666)
        os.chown(shared / "install.sh", NOBODY, NOBODY)
        return shared / "install.sh"

    def put(self, agent, file, **more):
        return agent.call("put", file=str(file), content=b64encode(b"new").decode(), sha256=sha256(b"new").hexdigest(), **more)

    def test_his_file_does_not_become_ours_while_it_stays_his(self, agent, his):
        assert_aborted(
            self.put(agent, his), f"belongs to user {NOBODY}, and everybody may put one there: remove it first, or say whose"
        )
        assert_ok(self.put(agent, his, owner=str(NOBODY)), changed=False)
        with his.open("a") as kept_open:
            assert_ok(self.put(agent, his, owner="0"), changed=True)
            kept_open.write("evil")
        found = his.stat()
        assert (found.st_uid, stat.S_IMODE(found.st_mode), his.read_text()) == (0, 0o644, "new")

    def test_his_folder_is_none_that_was_made(self, agent, shared):
        (shared / "stage").mkdir()
        os.chown(shared / "stage", NOBODY, NOBODY)
        for owner in ({}, {"owner": "0"}):
            assert_aborted(agent.call("mkdir", file=str(shared / "stage"), **owner), f"belongs to user {NOBODY}")

    def test_a_file_that_comes_into_the_place_of_the_gathered_one_is_given_nothing_and_told_of(self, shared):
        upload = Upload(b"new", sha256(b"new").hexdigest(), 3)
        with place_of(f"{shared}/a") as place, taken_piece(place, upload) as gathered:
            (shared / gathered[0]).unlink()
            (shared / gathered[0]).write_text("evil")
            (shared / gathered[0]).chmod(0o600)
            with pytest.raises(RPCAborted, match="is not the file that was written"):
                replace_file(place, gathered, Attributes(mode=0o644, uid=NOBODY), None)
        assert (stat.S_IMODE((shared / "a").stat().st_mode), (shared / "a").stat().st_uid) == (0o600, 0)
