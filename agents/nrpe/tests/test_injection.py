"""Whatever a caller writes is refused, or reaches the plugin to the letter as one word; nothing of it is ever run."""

from pathlib import Path

import pytest

from mcollective_py.testing import AgentHarness

FOLDER = Path(__file__).parents[1]
WRAPPED = (
    "{}", ";{}", "a;{}", "a; {} #", "&& {}", "a&&{}", "|| {}", "a|{}", "a & {}", "$({})", "a$({})b", "`{}`", "a`{}`",
    "'; {}; '", "'{}'",
    '"; {}; "', '"$({})"', "\n{}", "a\n{}\n", "a\r\n{}", "\0{}", ">{}", "a > {}", "<({})", "${{IFS}}{}", "$IFS{}", "\\;{}",
    "!{}", "a!{}",
    "-e {}", "--extra-opts={}", "-o ProxyCommand={}", "../../{}", "%00{}", "\x1b]0;{}\x07", "\u2028{}", "；{}", "{{{},x}}",
    "(){{ :;}};{}",
    "@{}", "~{}", "*{}", "?{}", "[{}]", "=cmd|'{}'!A0", "|{}", "a||{}", "\t{}", "{}&", "#{}", "eval {}", "exec {}", "\\n{}",
    "\x0b{}",
    "\x85{}", "%0a{}", "$ARG1${}", "$ARG2$;{}", "$USER1${}",
)  # fmt: skip


@pytest.fixture
def agent(tmp_path):
    show = tmp_path / "show"
    show.write_text("#!/bin/sh\nfor word; do printf '<%s>' \"$word\"; done\n")
    show.chmod(0o755)
    (tmp_path / "nrpe.cfg").write_text(
        f"command[one]={show} $ARG1$\ncommand[quoted]={show} \"x $ARG1$\" 'y'\ncommand[option]={show} --w=$ARG1$\n"
        f'command[script]=/bin/sh -c \'printf "<%s>" "$1"\' sh $ARG1$\n'
    )
    return AgentHarness(FOLDER, config={"conf_file": str(tmp_path / "nrpe.cfg")})


@pytest.mark.parametrize("wrapping", WRAPPED)
def test_no_argument_and_no_name_of_a_check_is_ever_run(agent, tmp_path, wrapping):
    for words in (f"touch {tmp_path}/c", f"/bin/touch {tmp_path}/c", "id", "touch c"):
        text = wrapping.format(words)
        for check, shown in (("one", "<{}>"), ("quoted", "<x {}><y>"), ("option", "<--w={}>"), ("script", "<{}>")):
            reply = agent.call("runcommand", command=check, args=text[:50])
            assert reply.statuscode == 4 or reply.data["output"] == shown.format(text[:50]), (text, reply)
        assert agent.call("runcommand", command=text).statuscode in (1, 4)
    assert (
        not (tmp_path / "c").exists()
        and not Path("/c").exists()
        and sorted(tmp_path.iterdir()) == [tmp_path / "nrpe.cfg", tmp_path / "show"]
    )
