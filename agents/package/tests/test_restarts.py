"""What still runs old files, by texts of /proc and a recorded answer of needrestart; what drift looks like."""

import shutil
import subprocess
from pathlib import Path

import pytest

from agents.package.drift import digest, historic_md5
from agents.package.provider import PackageState, Restarts
from agents.package.restarts import merged, old_files, parse_needrestart, reboot_by_files, unit_of, units_with_old_files

MAPS = """55d0c8a00000-55d0c8a2a000 r--p 00000000 fd:01 1835017 /usr/sbin/nginx
7f2c1c000000-7f2c1c0d5000 r-xp 00021000 fd:01 1838473 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f2c1c200000-7f2c1c2d5000 r--p 00021000 fd:01 1838474 /usr/lib/x86_64-linux-gnu/libz.so.1 (deleted)
7f2c1c300000-7f2c1c3d5000 r-xp 00000000 fd:01 1838475 /usr/lib64/libcrypto.so.3.0.7;64f1a2b3 (deleted)
7f2c1d000000-7f2c1d001000 rwxp 00000000 00:01 3099 /memfd:jit (deleted)
7f2c1e000000-7f2c1e001000 r-xp 00000000 00:01 3100 /dev/zero (deleted)
7f2c1f000000-7f2c1f001000 r-xp 00000000 fd:01 3101 /tmp/hsperf (deleted)
"""
NEEDRESTART = """NEEDRESTART-VER: 3.6
NEEDRESTART-KCUR: 6.1.0-18-amd64
NEEDRESTART-KEXP: 6.1.0-21-amd64
NEEDRESTART-KSTA: 3
NEEDRESTART-SVC: ssh.service
NEEDRESTART-SVC: cron.service
"""


def test_programs_and_libraries_that_run_and_are_gone_are_found():
    assert old_files(MAPS) == ("/usr/lib/x86_64-linux-gnu/libssl.so.3", "/usr/lib64/libcrypto.so.3.0.7")


def test_a_program_deleted_while_it_runs_is_found_as_the_kernel_tells_it(tmp_path):
    program = tmp_path / "cat"
    shutil.copy("/bin/cat", program)
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b"x")
        process.stdin.flush()
        assert process.stdout.read(1) == b"x"  # it runs
        program.unlink()
        maps = Path(f"/proc/{process.pid}/maps").read_text()
    assert old_files(maps.replace(str(tmp_path), "/opt/lab")) == ("/opt/lab/cat",)


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service"),
        ("0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n", None),
        ("0::/init.scope\n", None),
        ("9:name=systemd:/system.slice/cron.service\n8:pids:/other.service\n0::/\n", "cron.service"),
        ("0::/system.slice/docker-0123.scope\n", None),
    ],
)
def test_the_service_of_a_process_is_that_of_its_control_group(cgroup, unit):
    assert unit_of(cgroup) == unit


def test_services_with_old_files_are_found_among_all_processes(tmp_path):
    for pid, name, maps in ((1, "init.scope", ""), (20, "system.slice/nginx.service", MAPS), (21, "system.slice/cron.service", "")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "maps").write_text(maps)
        (tmp_path / str(pid) / "cgroup").write_text(f"0::/{name}\n")
    (tmp_path / "30").mkdir()  # it has just ended
    (tmp_path / "self").mkdir()
    assert list(units_with_old_files(tmp_path)) == ["nginx.service"]


def test_needrestart_is_read():
    assert parse_needrestart(NEEDRESTART) == Restarts(
        True, ("the kernel 6.1.0-18-amd64 runs, 6.1.0-21-amd64 is installed",), ("cron.service", "ssh.service")
    )
    assert parse_needrestart("NEEDRESTART-KSTA: 1\n") == Restarts(False, (), ())
    assert parse_needrestart("") == Restarts(None, (), ())


def test_a_file_that_asks_for_a_reboot_is_believed(tmp_path):
    assert reboot_by_files(tmp_path) == Restarts()
    (tmp_path / "run").mkdir()
    (tmp_path / "run/reboot-required").touch()
    assert reboot_by_files(tmp_path) == Restarts(True, ("/run/reboot-required is there",))
    (tmp_path / "run/reboot-required.pkgs").write_text("linux-image-6.1\nlibc6\nlibc6\n")
    assert reboot_by_files(tmp_path).reasons == ("linux-image-6.1 asks for a reboot", "libc6 asks for a reboot")


def test_several_answers_become_one():
    told = [Restarts(False, (), ("b", "a")), Restarts(None), Restarts(True, ("kernel",), ("b",))]
    assert merged(told) == Restarts(True, ("kernel",), ("a", "b"))
    assert merged([Restarts(), Restarts()]) == Restarts()


def test_the_digest_of_a_list_does_not_hang_on_its_order():
    one, other = PackageState("a", "1", arch="all"), PackageState("b", "2", arch="amd64")
    assert digest([one, other]) == digest([other, one, PackageState("c", "absent")])
    assert digest([one]) != digest([one, other])
    assert digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_historic_digest_is_that_of_the_list_as_it_was_printed():
    assert historic_md5("bash-5.2-1.noarch\nsed-4.9-1.noarch\n") == "c583a8d029133b73bf82ed88bdf59f1a"


def test_a_process_with_mappings_without_end_is_read_up_to_a_bound(tmp_path):
    (tmp_path / "12").mkdir()
    (tmp_path / "12/maps").write_text("x" * (2 * 1024 * 1024) + "\n" + MAPS)
    (tmp_path / "12/cgroup").write_text("0::/system.slice/nginx.service\n")
    assert units_with_old_files(tmp_path) == {}
