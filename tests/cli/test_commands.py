import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.commands import application_files, description_of, load_application, make_path_safe, own_file
from mcollective_py.errors import PluginError

SSH = '''
from mcollective_py.cli.application import Application

from .words import HELLO

class Ssh(Application):
    """Logs in."""

    description = "Log in to the hosts of a filter"

    def run(self, options):
        return len(HELLO)
'''


@pytest.fixture
def config(tmp_path):
    agent = tmp_path / "lib" / "agents" / "ssh"
    agent.mkdir(parents=True)
    (agent / "application.py").write_text(SSH)
    (agent / "words.py").write_text("HELLO = 'hello'\n")
    other = tmp_path / "lib" / "applications"
    other.mkdir()
    (other / "plot_values.py").write_text(SSH.replace("from .words import HELLO", "HELLO = 'xy'").replace("Ssh", "PlotValues"))
    (other / "ping.py").write_text("raise SystemExit('never loaded')\n")
    file = tmp_path / "client.cfg"
    file.write_text(f"this line is broken\nlibdir = /nonexistent:{tmp_path / 'lib'}\n")
    return str(file)


def test_our_own_commands_are_there_and_come_first(config):
    files = application_files(config)
    assert {"ping", "find", "facts", "inventory", "rpc", "plugin", "help", "broker", "demo"} <= set(files)
    assert files["ping"] == own_file("ping")


def test_commands_of_a_libdir_are_found_even_where_the_configuration_is_broken(config):
    files = application_files(config)
    assert files["ssh"].endswith("lib/agents/ssh/application.py")
    assert files["plot_values"].endswith("lib/applications/plot_values.py")


def test_a_command_of_a_libdir_loads_with_the_files_beside_it(config):
    files = application_files(config)
    ssh, plot = load_application("ssh", files["ssh"]), load_application("plot_values", files["plot_values"])
    assert isinstance(ssh, Application)
    assert (ssh.run(None), plot.run(None)) == (5, 2)


def test_a_file_without_the_application_of_its_name_is_an_error(tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text("class Other: pass\n")
    with pytest.raises(PluginError, match="no Application"):
        load_application("wrong", str(file))


def test_descriptions_are_read_from_the_text(config):
    assert description_of(application_files(config)["ssh"]) == "Log in to the hosts of a filter"
    assert description_of("/nonexistent.py") == ""


@pytest.mark.parametrize("name", ["ping", "find", "facts", "inventory", "rpc", "plugin", "help", "broker", "demo", "ca"])
def test_every_own_command_loads_and_says_what_it_is(name):
    assert load_application(name, own_file(name)).description == description_of(own_file(name)) != ""


def test_the_search_path_loses_what_a_folder_or_the_environment_could_slip_in():
    entries = ["", "relative", "/work", "/usr/lib/python", "/evil", "/home/package"]
    safe = make_path_safe(entries, {"PYTHONPATH": "/evil:/home/package"}, "/work", "/home/package")
    assert safe == ["/usr/lib/python", "/home/package"]
