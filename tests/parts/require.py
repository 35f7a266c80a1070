"""What a test needs of the machine: missing at a desk it skips with the reason, missing in CI it fails."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def require_programs(*programs: str, file: str | None = None) -> None:
    """Programs that must be on the path, and a file that must be there."""
    for program in programs:
        if shutil.which(program) is None:
            missing(f"{program} is not installed")
    if file is not None and not Path(file).exists():
        missing(f"{file} is not there")


def require_activemq() -> None:
    """Debian's ActiveMQ."""
    require_programs("java", file="/usr/share/activemq/bin/activemq.jar")


def require_rabbitmq() -> None:
    """Debian's RabbitMQ, with its STOMP plugin, and Erlang's name server."""
    require_programs("erl", "epmd")
    if not any(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/plugins/rabbitmq_stomp-*")):
        missing("rabbitmq-server is not installed")


def require_puppetdb() -> None:
    """Debian's PuppetDB, and PostgreSQL with what belongs to it."""
    require_programs("java", "psql", file="/usr/share/puppetdb/puppetdb.jar")
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        missing("postgresql is not installed")


def require_lab() -> None:
    """Root and network namespaces, for hosts of their own."""
    if os.geteuid() != 0:
        missing("the lab needs root")
    require_programs("ip", "unshare", "nsenter")


def missing(reason: str) -> NoReturn:
    """Say that a part is missing."""
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(f"in CI every part must be there: {reason}")
    pytest.skip(reason)
