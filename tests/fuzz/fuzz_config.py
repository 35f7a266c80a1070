"""What operators write, configurations and DDLs: read, or refused with the place and what would do; secrets never shown."""

from pathlib import Path

from mcollective_py.config import Config
from mcollective_py.ddl.choria import ddl_from_json
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.errors import ConfigError, DDLError
from mcollective_py.settings import SETTINGS, find_setting
from tests.fuzz.mutation import fuzz

TREE = Path(__file__).parents[2]
CONFIG, YAML, JSON = b"C", b"Y", b"J"  # the first byte of an input says what reads it
SEEDS = (
    CONFIG + b"collectives = eu, us\nmain_collective = us\nttl = 30\nrpcaudit = 1\nlibdir = /opt/a:/opt/b\nloglevel = debug\n",
    CONFIG
    + b"# broker\nplugin.activemq.pool.size = 2\nplugin.activemq.pool.1.host = a\nplugin.activemq.pool.2.host = b\n"
    + b"plugin.activemq.pool.1.password = aiJah3oo\nplugin.activemq.pool.1.ssl = yes\nplugin.puppetdb.url = https://u:p@h/x?token=y\n",
    CONFIG + b"identity = web1\nfactsource = yaml\nplugin.yaml = /f.yaml\nplugin.x509.skew = 2.5\ndefault_discovery_options = a, b\n",
    YAML + (TREE / "agents/rpcutil/ddl.yaml").read_bytes(),
    YAML + (TREE / "tests/parts/libdir/agents/nap/ddl.yaml").read_bytes().replace(b"name: nap", b"name: rpcutil"),
    JSON + b'{"metadata": {"name": "rpcutil", "description": "", "author": "", "license": "", "version": "1", "url": "", "timeout": 5}'
    + b', "actions": [{"action": "ping", "description": "p", "display": "always", "input": {}, "output": {}}]}',
)  # fmt: skip
WORDS = (b" = ", b"\n", b"\t", b"*", b"1", b"/", b"~/", b"plugin.", b"plugin.x509.", b"pool.1.",
         b"!!python/object:os.system", b"&a ", b"*a", b"<<: ",
         b"- ", b": ", b"{", b"}", b"[", b"? ", b"|\n", b"0x10", b"1_0", b"12:30",
         *(row.key.replace("N", "1").encode() for row in SETTINGS[::5]))  # fmt: skip


def check_config(text: str) -> bool:
    is_taken = False
    for side in ("server", "client"):
        try:
            config = Config.from_text(text, side, "x.cfg", Path("/home/x"))
        except ConfigError as error:
            assert str(error).startswith("x.cfg"), f"no place: {error}"
            continue
        is_taken = True
        for key in sorted(config.keys()):
            value = config.text(key)
            assert value is not None
            row = find_setting(key)
            if row is not None and row.type in ("number", "seconds", "flag"):
                getattr(config, row.type)(key)
            if row is not None and row.secret and value:
                assert config.redacted(key) == "***"
            config.items(key), config.redacted(key)
    return is_taken


def check(data: bytes) -> bool:
    kind, text = data[:1], data[1:].decode("utf-8", "replace")
    if kind in (YAML, JSON):
        try:
            (ddl_from_yaml if kind == YAML else ddl_from_json)(text, "rpcutil")
        except DDLError:
            return False
        return True
    return check_config(text)


if __name__ == "__main__":
    fuzz("config", check, SEEDS, WORDS)
