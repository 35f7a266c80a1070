import json

import pytest

from mcollective_py.cli.configshow import lines, shown
from mcollective_py.cli.main import main
from mcollective_py.config import Config

TEXT = """\
collectives = mcollective, uk
connector = activemq
plugin.activemq.pool.size = 1
plugin.activemq.pool.1.host = stomp1
plugin.activemq.pool.1.password = hG5dLr8cYw3jFn6a
plugin.site.thing = x
"""


@pytest.fixture
def client_cfg(tmp_path):
    file = tmp_path / "client.cfg"
    file.write_text(TEXT)
    file.chmod(0o600)
    (tmp_path / "plugin.d").mkdir()
    (tmp_path / "plugin.d" / "discovery.cfg").write_text("# comment\nfull_window_interval = 60\n")
    return file


def test_what_is_set_is_shown_with_where_and_without_secrets(client_cfg, capsys):
    assert main(["config", "show", "--origin", "-c", str(client_cfg)]) == 0
    out = capsys.readouterr().out
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        f"collectives = mcollective, uk # {client_cfg}:1",
        f"connector = activemq # {client_cfg}:2",
        f"plugin.activemq.pool.1.host = stomp1 # {client_cfg}:4",
        f"plugin.activemq.pool.1.password = *** # {client_cfg}:5",
        f"plugin.activemq.pool.size = 1 # {client_cfg}:3",
        f"plugin.discovery.full_window_interval = 60 # {client_cfg.parent}/plugin.d/discovery.cfg:2",
        f"plugin.site.thing = *** # {client_cfg}:6",
    ]


def test_a_pattern_finds_defaults_too(client_cfg, capsys):
    assert main(["config", "show", "^ttl$|^main_coll", str(client_cfg), "--origin"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["#main_collective", "=", "mcollective", "#", "default"],
        ["#ttl", "=", "60", "#", "default"],
    ]


def test_all_of_a_side_can_be_shown_with_what_each_is_for(client_cfg, capsys):
    assert main(["config", "show", "-a", "-v", str(client_cfg)]) == 0
    out = capsys.readouterr().out
    assert "#discovery_timeout = 2\n" in out
    assert "#plugin.activemq.pool.N.port = 61613\n" in out
    assert "hG5dLr8cYw3jFn6a" not in out
    assert "\ndaemonize = " not in out


def test_as_json(client_cfg, capsys):
    assert main(["config", "show", "pool.1.host|^ttl", "-c", str(client_cfg), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(client_cfg),
        "side": "client",
        "settings": [
            {"key": "plugin.activemq.pool.1.host", "value": "stomp1", "set": True, "file": str(client_cfg), "line": 4},
            {"key": "ttl", "value": "60", "set": False, "file": None, "line": None},
        ],
    }


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("nosuchsetting",), "no setting matches 'nosuchsetting'"),
        (("(",), "'(' is no regular expression"),
        (("x", "/a/client.cfg", "/b/client.cfg"), "one file at a time"),
    ],
)
def test_what_cannot_be_shown_is_an_error(client_cfg, capsys, words, problem):
    more = () if len(words) > 1 else ("-c", str(client_cfg))
    assert main(["config", "show", *words, *more]) == 1
    assert problem in capsys.readouterr().err


def test_options_of_show_are_not_for_check(client_cfg, capsys):
    assert main(["config", "check", str(client_cfg), "--origin"]) == 1
    assert "are for `mco config show`" in capsys.readouterr().err


def test_what_a_default_follows_from_is_shown_as_the_value():
    config = Config.from_text("collectives = uk, de\n", "client")
    (found,) = shown(config, "^main_collective$", has_defaults=True)
    assert (found.value, found.origin) == ("uk", "default")
    assert list(lines([found])) == ["#main_collective = uk"]
