"""Settings of a Ruby MCollective that is asked for its plugins alone and never meets a broker."""

from pathlib import Path

_SETTINGS = """\
main_collective = mcollective
collectives = mcollective
libdir = {folder}
logger_type = console
loglevel = fatal
identity = ruby.example
connector = activemq
plugin.activemq.pool.size = 1
plugin.activemq.pool.1.host = 127.0.0.1
plugin.activemq.pool.1.port = 1
plugin.activemq.pool.1.user = nobody
plugin.activemq.pool.1.password = nothing
factsource = yaml
plugin.yaml = {folder}/facts.yaml
"""


def write_ruby_alone(folder: Path, security: str) -> Path:
    """A configuration file in a folder, with facts that are none. security: the lines of the security plugin."""
    (folder / "facts.yaml").write_text("--- {}\n")
    config = folder / "ruby.cfg"
    config.write_text(_SETTINGS.format(folder=folder) + security)
    return config
