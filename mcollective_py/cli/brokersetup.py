"""`mco broker setup activemq|rabbitmq`: a broker of a site's own, with least privilege."""

import argparse
import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError
from .brokerrights import (
    LOGINS,
    NODE,
    OPERATOR,
    REGISTRATION_OPENS,
    SHARED_REPLIES,
    Plan,
    new_passwords,
    passwords_text,
    read_passwords,
    read_secret,
    settings_lines,
)
from .session import remark
from .writing import write_atomically

FAMILIES = ("activemq", "rabbitmq")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `mco broker setup`."""
    both = parser.add_argument_group("setup: ActiveMQ or RabbitMQ, for a site's own broker")
    both.add_argument("--collective", metavar="NAME", action="append", help="a collective; may be repeated (default: mcollective)")
    both.add_argument(
        "--passwords", metavar="FILE", type=Path, help="passwords of the three logins; made, mode 0600, if it is not there"
    )
    both.add_argument(
        "--registration", action="store_true", help="let hosts send registrations and audits, which opens more: docs/broker.md"
    )
    rabbitmq = parser.add_argument_group("setup rabbitmq: over its management API; may be run again and again")
    rabbitmq.add_argument("--api", metavar="URL", default="http://127.0.0.1:15672", help="(default: %(default)s)")
    rabbitmq.add_argument("--api-user", metavar="USER", default="guest", help="with the tag administrator (default: %(default)s)")
    first_line = "file with the password in its first line; else it is asked for"
    rabbitmq.add_argument("--api-password", metavar="FILE", type=Path, help=first_line)
    rabbitmq.add_argument("--api-ca", metavar="FILE", type=Path, help="CA of the API's certificate (default: the system's)")
    rabbitmq.add_argument("--vhost", metavar="NAME", default="/mcollective", help="virtual host (default: %(default)s)")
    rabbitmq.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    activemq = parser.add_argument_group("setup activemq: prints an activemq.xml, listening at --host and --port")
    activemq.add_argument("-o", "--output", metavar="FILE", type=Path, help="write it here, mode 0640 (default: stdout)")
    activemq.add_argument("--keystore", metavar="FILE", type=Path, help="PKCS#12 with the broker's certificate and key, for TLS")
    activemq.add_argument("--truststore", metavar="FILE", type=Path, help="PKCS#12 with the CA of the clients' certificates")
    activemq.add_argument("--store-password", metavar="FILE", type=Path, help="file whose first line is the password of both")


def run(options: argparse.Namespace) -> int:
    """Set up the broker that the options name. Raises UsageError, ConfigError, ConnectorError."""
    if options.name not in FAMILIES:
        raise UsageError("mco broker setup activemq, or mco broker setup rabbitmq")
    collectives = tuple(dict.fromkeys(options.collective or ["mcollective"]))
    passwords, is_new = _passwords(options.passwords)
    plan = Plan(collectives, passwords, options.registration)
    return _activemq(plan, options, is_new) if options.name == "activemq" else _rabbitmq(plan, options, is_new)


def _activemq(plan: Plan, options: argparse.Namespace, is_new: bool) -> int:
    from .activemqsetup import Listener, activemq_xml

    if options.keystore is None and (options.truststore or options.store_password):
        raise UsageError("--truststore and --store-password need --keystore")
    is_tls = options.keystore is not None
    if not is_tls and options.host not in ("127.0.0.1", "::1", "localhost"):
        raise UsageError(f"without TLS everybody between could read the passwords: give --keystore, or leave --host {options.host} out")
    listener = Listener(
        host=options.host,
        port=options.port if options.port is not None else (61614 if is_tls else 61613),
        keystore=_absolute(options.keystore),
        truststore=_absolute(options.truststore),
        store_password=_first_line(options.store_password) if options.store_password else "",
    )
    text = activemq_xml(plan, listener)
    _keep(options.passwords, plan, is_new)
    if options.output is None:
        print(text, end="")
    else:
        write_atomically(options.output, text, 0o640)
        remark(f"{options.output} is written: copy it to ActiveMQ's conf folder, owned by root and the broker's group, and restart it")
    host = "BROKER" if listener.host in ("0.0.0.0", "::") else listener.host  # noqa: S104  one of many, and for listening only
    _say_settings(plan, "activemq", listener.port, {"pool.1.ssl": "1"} if is_tls else {}, host)
    return 0


def _rabbitmq(plan: Plan, options: argparse.Namespace, is_new: bool) -> int:
    from .managementapi import ManagementAPI
    from .rabbitmqsetup import calls

    if options.dry_run:
        for call in calls(plan, options.vhost):
            print(f"would make: {call.what}")
        return 0
    api = ManagementAPI(options.api, options.api_user, _api_password(options), options.api_ca and str(options.api_ca))
    # A login that is there keeps its password, unless a file says which: hosts are using it.
    kept = frozenset(login for login in LOGINS if is_new and api.get(f"users/{login}") is not None)
    if kept and options.passwords is not None:
        names = ", ".join(sorted(kept))
        raise UsageError(
            f"{options.passwords} is not there, and the broker has {names}, whose passwords nobody can read out of it: "
            "write all three to the file, a line `LOGIN PASSWORD` each, or leave --passwords out, and they keep theirs"
        )
    _keep(options.passwords, plan, is_new)
    for call in calls(plan, options.vhost, kept):
        api.put(call.path, call.body)
        print(f"made sure of: {call.what}")
    for login in sorted(kept):
        remark(f"{login} was there and keeps its password; to set it, write it to a file and give --passwords FILE")
    if options.passwords is None and len(kept) < len(LOGINS):
        print("\n".join(f"{login} {password}" for login, password in plan.passwords.items() if login not in kept))
    _say_settings(plan, "rabbitmq", 61613, {"vhost": options.vhost})
    remark("# with TLS in RabbitMQ's STOMP plugin: pool.1.port = 61614, or as it is set there, and plugin.rabbitmq.pool.1.ssl = 1")
    return 0


def _passwords(path: Path | None) -> tuple[dict[str, str], bool]:
    """The passwords of the file, or new ones; and whether they are new."""
    if path is not None and path.exists():
        return read_passwords(path), False
    return new_passwords(), True


def _keep(path: Path | None, plan: Plan, is_new: bool) -> None:
    if path is not None and is_new:
        write_atomically(path, passwords_text(plan.passwords), 0o600)
        remark(f"{path} has the new passwords of {', '.join(plan.passwords)}")


def _say_settings(plan: Plan, family: str, port: int, more: Mapping[str, str], host: str = "BROKER") -> None:
    files = {NODE: "server.cfg of every host", OPERATOR: "client.cfg, or ~/.mcollective, of every operator"}
    for login, file in files.items():
        remark(f"# into {file}; words in capitals are to be filled in")
        for line in settings_lines(family, login, plan.collectives, host, port, more):
            remark(line)
    remark(f"# beware: {SHARED_REPLIES[family]}")
    if plan.has_registration:
        remark(f"# beware: {REGISTRATION_OPENS}")
    else:
        remark("# hosts may send no registrations: leave registerinterval unset, or run this again with --registration")


def _api_password(options: argparse.Namespace) -> str:
    """From a file, the terminal or stdin: never from the command line, where every user of the machine sees it."""
    if options.api_password is not None:
        return _first_line(options.api_password)
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {options.api_user} at {options.api}: ")
    return sys.stdin.readline().rstrip("\n")


def _first_line(path: Path) -> str:
    return read_secret(path).replace("\r\n", "\n").split("\n")[0]


def _absolute(path: Path | None) -> str | None:
    return None if path is None else os.path.abspath(path)  # noqa: PTH100  a link stays one
