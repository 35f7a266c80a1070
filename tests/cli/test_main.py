import subprocess
import sys

import pytest

from mcollective_py.cli.demoprocesses import MCO

HEAVY = (
    "argparse",
    "pathlib",
    "stomp",
    "cryptography",
    "yaml",
    "rich",
    "ssl",
    "json",
    "logging",
    "dataclasses",
    "mcollective_py.config",
)


def test_the_overview_imports_nothing_heavy():
    code = (
        "import sys; from mcollective_py.cli.main import main; assert main(['--help']) == 0; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert "  ping " in done.stdout


@pytest.mark.parametrize(("words", "code"), [(("--help",), 0), (("-h",), 0), (("--version",), 0), ((), 1), (("ping", "--help"), 0)])
def test_help_and_version_are_no_errors_but_nothing_at_all_is(desk, words, code):
    done = subprocess.run([*MCO, *words], capture_output=True, text=True, timeout=30, env=desk.environment)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith(("usage: mco", "mco 0"))


def test_an_unknown_command_names_the_nearest(desk):
    answer = desk.mco("pingg")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "mco pingg: unknown command: did you mean `mco ping`? `mco help` lists the commands\n"


def test_an_agent_is_no_command_and_it_is_said_how_it_is_called(desk):
    answer = desk.mco("rpcutil", "ping")
    assert answer.code == 1
    assert answer.err.startswith("mco rpcutil: rpcutil is an agent: mco rpc rpcutil ACTION calls it")


@pytest.mark.parametrize("text", [None, "nonsense", "libdir = \\x00relative:/nonexistent\n[section]\n"])
def test_a_configuration_that_cannot_be_used_hides_no_command(desk, tmp_path, text):
    config = tmp_path / "client.cfg"
    config.mkdir() if text is None else config.write_text(text)
    answer = desk.mco("pingg", "-c", str(config))
    assert answer.err == "mco pingg: unknown command: did you mean `mco ping`? `mco help` lists the commands\n"


def test_options_before_the_command_are_explained(desk):
    done = subprocess.run([*MCO, "-v", "ping"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "the command comes first" in done.stderr


def test_extra_options_come_from_the_environment_before_those_given(desk):
    assert desk.mco("find", MCOLLECTIVE_EXTRA_OPTS="-C role::db").lines == ["db1"]
    assert desk.mco("find", "-F", "country=de", MCOLLECTIVE_EXTRA_OPTS="-C role::db").lines == []
    assert desk.mco("find", MCOLLECTIVE_EXTRA_OPTS="-C 'role").code == 1


def test_extra_options_are_for_commands_that_have_them(desk, tmp_path):
    extra = f"--config {desk.config}"
    folder = tmp_path / "gone"
    gone = run(desk, "demo", "--end", str(folder), extra=extra)
    assert (gone.returncode, gone.stderr) == (
        1,
        f"mco demo: {folder} is no demo that was left running: give the folder that `mco demo --keep` printed\n",
    )
    made = run(desk, "ca", "init", str(tmp_path / "ca"), extra=extra)
    assert (made.returncode, made.stderr) == (0, "")
    assert "broker run takes no name" in run(desk, "broker", "run", "x", extra=extra).stderr
    assert run(desk, "help", "ping", extra=extra).returncode == 0
    assert run(desk, "ca", "list", "--dir", str(tmp_path / "ca"), extra="--config 'unclosed").returncode == 0


def test_an_error_of_extra_options_says_where_they_come_from(desk):
    assert desk.mco("inventory", "web1", MCOLLECTIVE_EXTRA_OPTS="--nosuch").err.endswith("\nMCOLLECTIVE_EXTRA_OPTS adds: --nosuch\n")


def test_the_configuration_of_extra_options_says_which_commands_there_are(desk, tmp_path):
    application = tmp_path / "lib" / "applications" / "greet.py"
    application.parent.mkdir(parents=True)
    application.write_text(
        "from mcollective_py.cli.application import Application\n\n\n"
        'class Greet(Application):\n    description = "Greet"\n\n'
        '    def run(self, options):\n        print("hello")\n        return 0\n'
    )
    config = tmp_path / "client.cfg"
    config.write_text(f"libdir = {tmp_path / 'lib'}\n")
    extra = f"-c {config}"
    assert ["greet", "Greet"] in [line.split() for line in run(desk, "help", extra=extra).stdout.splitlines()]
    assert ["greet", "Greet"] in [line.split() for line in run(desk, extra=extra).stdout.splitlines()]
    assert run(desk, "greet", extra=extra).stdout == "hello\n"


def run(desk, *words, extra):
    return subprocess.run(
        [*MCO, *words],
        capture_output=True,
        text=True,
        timeout=30,
        env={**desk.environment, "MCOLLECTIVE_EXTRA_OPTS": extra},
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("words", [("find",), ("find", "-j"), ("rpc", "rpcutil", "ping"), ("help",)])
def test_a_closed_output_is_one_line_and_nothing_is_done(desk, words):
    done = shell(desk, words, ">&-")
    assert (done.returncode, done.stderr) == (
        1,
        "mco: the standard output is closed, nothing was done: send it to /dev/null if nobody is to read it\n",
    )


@pytest.mark.parametrize("words", [("find",), ("ping",), ("rpc", "rpcutil", "ping", "-j"), ("help",)])
def test_a_full_output_is_one_line(desk, words):
    done = shell(desk, words, ">/dev/full")
    assert (done.returncode, done.stderr) == (1, "mco: the output cannot be written: No space left on device\n")


def test_without_an_input_or_a_place_for_errors_a_command_works(desk):
    done = shell(desk, ("find", "-C", "role::db"), "<&- 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "db1\n", "")


def shell(desk, words, redirection):
    command = desk.command(words) if words != ("help",) else [*MCO, "help"]
    return subprocess.run(
        ["/bin/sh", "-c", f'"$@" {redirection}', "sh", *command], capture_output=True, text=True, timeout=30, env=desk.environment
    )


@pytest.mark.parametrize(
    ("setting", "code", "strict", "says"),
    [
        ("plugin.stomp.pool.1.port = 1", 1, 69, "127.0.0.1:1"),
        ("nonsense = 1", 1, 78, "nonsense"),
        ("plugin.x509.key = /nonexistent", 1, 78, "/nonexistent"),
    ],
    ids=["broker", "config", "key"],
)
def test_the_operators_own_mistakes_are_one_message_each(desk, tmp_path, setting, code, strict, says):
    config = tmp_path / "client.cfg"
    key = setting.partition(" ")[0]
    lines = [line for line in desk.config.read_text().splitlines() if not line.startswith(f"{key} ")]
    config.touch(mode=0o600)
    config.write_text("\n".join([*lines, setting, "connection_timeout = 1", ""]))
    answers = [desk.mco("find", "-c", str(config), *more) for more in ((), ("--strict",))]
    assert [answer.code for answer in answers] == [code, strict]
    assert all(says in answer.err and answer.out == "" for answer in answers)
    assert "Traceback" not in answers[0].err


def test_a_wrong_option_is_64_when_strict(desk):
    assert (desk.mco("find", "--nosuch").code, desk.mco("find", "--nosuch", "--strict").code) == (1, 64)


def test_who_asks_for_it_sees_where_an_error_came_from(desk):
    assert "Traceback" in desk.mco("find", "-T", "dc9", "-vv").err


def test_nothing_is_imported_from_the_working_directory(desk, tmp_path):
    for name in ("json", "ssl", "yaml", "stomp", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} of the working directory was imported')\n")
    (tmp_path / "mcollective_py").mkdir()
    (tmp_path / "mcollective_py" / "__init__.py").write_text("raise SystemExit('a package of the working directory')\n")
    answer = desk.mco("find", "-C", "role::db", cwd=tmp_path)
    assert (answer.code, answer.lines) == (0, ["db1"])


def test_a_fault_of_ours_is_one_line(tmp_path):
    code = (
        "import sys; from mcollective_py.cli.main import _fault; sys.argv = ['mco', 'x']; _fault(ValueError, ValueError('odd'), None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stderr == "mco: a fault of the program, please report it: ValueError: odd\nWith -vv it says where.\n"
