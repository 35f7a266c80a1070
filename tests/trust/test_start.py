"""S-01, S-02, S-61: how programs start: by no secret that everybody knows, and by no code that happens to lie about."""

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError, MCollectiveError
from mcollective_py.security.load import security_plugin

TREE = Path(__file__).parents[2]
SHIPPED = TREE / "packaging" / "config"
BIN = Path(sys.executable).parent
KNOWN = ("unset", "changeme", "marionette", "secret", "MARIONETTE", "")
HOSTILE = ("json", "ssl", "yaml", "stomp", "re", "argparse", "sitecustomize", "usercustomize", "cryptography", "psutil")


@pytest.mark.parametrize("side", ["server", "client"])
def test_s01_the_files_as_shipped_start_no_daemon(side: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they leave open, the broker or the certificates, has to be filled in: no example would do."""
    monkeypatch.setenv("HOME", str(tmp_path))
    text = (SHIPPED / f"{side}.cfg").read_text()
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == []
    config = Config.from_file(SHIPPED / f"{side}.cfg", side)
    assert (config.text("securityprovider"), config.text("plugin.psk")) == ("x509", None)
    bare = Config.from_text(f"plugin.x509.ca = {tmp_path}/none.pem\n", side=side)
    with pytest.raises(MCollectiveError):
        security_plugin(bare, side, lambda: 1_800_000_000.0)


@pytest.mark.parametrize("value", KNOWN)
@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("family", ["activemq", "rabbitmq", "stomp"])
def test_s01_passwords_that_everybody_knows_are_refused_wherever_one_stands(family: str, side: str, value: str) -> None:
    """S-61 as well: an empty password of a broker."""
    pool = f"connector = {family}\nplugin.{family}.pool.size = 1\nplugin.{family}.pool.1.host = a\nplugin.{family}.pool.1.user = b\n"
    key = f"plugin.{family}.pool.1.password"
    with pytest.raises(ConfigError, match=f"{key}: an example or empty value"):
        Config.from_text(f"{pool}{key} = {value}\n", side=side)
    Config.from_text(f"{pool}{key} = hG5dLr8cYw3jFn6a\n", side=side)
    with pytest.raises(ConfigError, match=r"plugin\.psk"):
        Config.from_text(f"securityprovider = psk\nplugin.psk = {value}\n", side=side)


@pytest.mark.parametrize("words", [["mco", "help"], ["mcollectived"]], ids=" ".join)
def test_s02_nothing_is_imported_from_the_folder_where_a_program_starts(words: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    (folder / "mcollective_py").mkdir(parents=True)
    for place in (*(f"{name}.py" for name in HOSTILE), "mcollective_py/__init__.py"):
        (folder / place).write_text(f"raise SystemExit('{place} of the working directory ran')\n")
    server_cfg = tmp_path / "server.cfg"
    server_cfg.write_text("".join(f"plugin.x509.{which} = {tmp_path}/none.pem\n" for which in ("ca", "crl", "cert", "key")))
    more = ["--config", str(server_cfg)] if words != ["mco", "help"] else []
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(BIN / words[0]), *words[1:], *more], cwd=folder, env=plain, capture_output=True, text=True, timeout=60, check=False
    )
    assert "of the working directory" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if words == ["mcollectived"]:
        assert str(tmp_path / "none.pem") in done.stdout + done.stderr, "it went as far as the files that it was told of"
    else:
        assert done.returncode == 0 and "ping" in done.stdout


def test_s02_the_unit_hands_on_no_setting_of_python() -> None:
    """What names folders with code, or code to run: PYTHONPATH is read before any line of ours is."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # the one way configparser has
    unit.read_string((TREE / "packaging" / "systemd" / "mcollectived.service").read_text())
    dropped = set(unit["Service"]["UnsetEnvironment"].split())
    assert {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONPLATLIBDIR", "PYTHONINSPECT"} <= dropped
    assert {"LD_PRELOAD", "LD_LIBRARY_PATH"} <= dropped
    assert Path(unit["Service"]["ExecStart"].split()[0]).is_absolute()
