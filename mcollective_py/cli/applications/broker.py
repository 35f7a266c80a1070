"""mco broker: the embedded STOMP broker and its users, and the setting up of ActiveMQ and RabbitMQ."""

import argparse
import getpass
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ConfigError, UsageError
from .. import brokersetup
from ..application import Application
from ..writing import write_atomically

if TYPE_CHECKING:
    from ...broker.rights import CertificateRoles
    from ...broker.settings import BrokerTLSFiles


class Broker(Application):
    """Runs a broker in the foreground, adds and removes its users, or sets up another one."""

    description = "Run the embedded STOMP broker, or set up ActiveMQ or RabbitMQ"
    usage = "[run | adduser NAME | deluser NAME | setup activemq|rabbitmq] [options]"
    sections = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = ("run", "adduser", "deluser", "setup")
        parser.add_argument("verb", nargs="?", choices=verbs, default="run", help="what to do (default: run)")
        name = "the user to add or to remove, whose password is asked for or read from stdin; setup: activemq or rabbitmq"
        parser.add_argument("name", nargs="?", help=name)
        parser.add_argument("--role", choices=("admin", "node", "operator"), help="adduser: what the user may do")
        parser.add_argument("--users", metavar="FILE", type=Path, help="users and hashed passwords, mode 0640 or stricter")
        listen = parser.add_argument_group("run: where to listen")
        listen.add_argument("--host", default="127.0.0.1", help="address; other than loopback needs users or client certificates")
        listen.add_argument("--port", type=int, help="port, 0 for any free one (default: 61613, with TLS 61614)")
        listen.add_argument("--port-file", metavar="FILE", type=Path, help="write the port here once it listens")
        tls = parser.add_argument_group("run: TLS")
        tls.add_argument("--tls-cert", metavar="FILE", type=Path, help="the broker's certificate, with intermediates")
        tls.add_argument("--tls-key", metavar="FILE", type=Path, help="its private key, mode 0600")
        tls.add_argument("--tls-ca", metavar="FILE", type=Path, help="CA of the clients' certificates, which are required then")
        tls.add_argument("--tls-crl", metavar="FILE", type=Path, help="revoked certificates; SIGHUP reads it again")
        tls.add_argument("--client-cert-optional", action="store_true", help="take clients without a certificate too, by password")
        names = parser.add_argument_group("run: roles by the name in the client's certificate, `*` for anything, first that fits")
        names.add_argument("--admin-names", metavar="PATTERN", action="append", help="may be repeated (default: nobody)")
        names.add_argument("--operator-names", metavar="PATTERN", action="append", help="may be repeated (default: *.mcollective)")
        names.add_argument("--node-names", metavar="PATTERN", action="append", help="may be repeated (default: *)")
        brokersetup.arguments(parser)
        levels = ("debug", "info", "warning", "error")
        parser.add_argument("--log-level", choices=levels, default="info", help="to stderr (default: info)")

    def run(self, options: argparse.Namespace) -> int:
        shape = "%(asctime)s %(levelname)s %(name)s: %(message)s"
        logging.basicConfig(level=options.log_level.upper(), stream=sys.stderr, format=shape)
        if options.verb == "run":
            return _run(options)
        if options.verb == "setup":
            return brokersetup.run(options)
        if options.users is None or not options.name:
            raise UsageError(f"mco broker {options.verb} NAME --users FILE")
        if options.verb == "adduser":
            if options.role is None:
                raise UsageError("adduser needs --role: admin, node or operator")
            return _add_user(options.users, options.name, options.role)
        return _delete_user(options.users, options.name)


def _run(options: argparse.Namespace) -> int:
    from ...broker.server import serve
    from ...broker.settings import BrokerSettings

    if options.name is not None:
        raise UsageError(f"mco broker run takes no name: {options.name}")
    tls = _tls_files(options)
    port = options.port if options.port is not None else (61613 if tls is None else 61614)
    settings = BrokerSettings(
        host=options.host, port=port, users_file=options.users, tls=tls, certificate_roles=_certificate_roles(options)
    )
    port_file: Path | None = options.port_file
    ready: Callable[[int], None] | None = None
    if port_file is not None:
        ready = lambda port: write_atomically(port_file, f"{port}\n", 0o644)  # noqa: E731
    try:
        serve(settings, ready)
    finally:
        if port_file is not None:
            port_file.unlink(missing_ok=True)
    return 0


def _tls_files(options: argparse.Namespace) -> "BrokerTLSFiles | None":
    from ...broker.settings import BrokerTLSFiles

    if options.tls_cert is None and options.tls_key is None:
        if options.tls_ca is not None or options.tls_crl is not None:
            raise UsageError("--tls-ca and --tls-crl need --tls-cert and --tls-key")
        return None
    if options.tls_cert is None or options.tls_key is None:
        raise UsageError("--tls-cert and --tls-key go together")
    is_required = options.tls_ca is not None and not options.client_cert_optional
    return BrokerTLSFiles(options.tls_cert, options.tls_key, options.tls_ca, options.tls_crl, is_client_required=is_required)


def _certificate_roles(options: argparse.Namespace) -> "CertificateRoles":
    from ...broker.rights import CertificateRoles

    given = {"admins": options.admin_names, "operators": options.operator_names, "nodes": options.node_names}
    return CertificateRoles(**{name: tuple(patterns) for name, patterns in given.items() if patterns})


def _add_user(file: Path, name: str, role: str) -> int:
    from ...broker.users import new_user, read_users

    users = read_users(file) if file.exists() else {}
    user = new_user(name, role, _password(name))
    before = users.get(name)
    users[name] = user
    write_atomically(file, "".join(f"{one.line()}\n" for one in users.values()), 0o640)
    replaced = f", replaced (was {before.role}), with the new password" if before else ""
    print(f"{name} has the role {role} in {file}{replaced}; a running broker reads it at SIGHUP", file=sys.stderr)
    return 0


def _delete_user(file: Path, name: str) -> int:
    from ...broker.users import read_users

    users = read_users(file)
    if users.pop(name, None) is None:
        raise ConfigError(f"there is no user {name}", file=str(file))
    write_atomically(file, "".join(f"{one.line()}\n" for one in users.values()), 0o640)
    return 0


def _password(name: str) -> str:
    """From the terminal, twice, or the first line of stdin: never from the command line, where every user of the machine sees it."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(f"Password of {name}: ")
    if getpass.getpass("Again: ") != password:
        raise UsageError("the two passwords differ")
    return password
