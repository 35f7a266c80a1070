"""mco ca: a small certificate authority for sites without Puppet."""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ...errors import UsageError
from ..application import Application
from ..options import Parser

if TYPE_CHECKING:
    from ...security.ca import CertificateAuthority, Issued


_CONNECTOR = """\
connector = stomp
plugin.stomp.pool.size = 1
plugin.stomp.pool.1.host = {broker}
plugin.stomp.pool.1.port = 61614
plugin.stomp.pool.1.ssl = 1"""


_PLACES = "root's /etc/mcollective/ca, else ~/.mcollective.d/ca"


class _VerbParser(Parser):
    """The parser of one verb, whose own help says more; `mco help` knows commands only."""

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}\n{self.prog} --help says more")


class Ca(Application):
    """Makes a CA, issues certificates for callers, nodes and brokers, and revokes them."""

    description = "Run a small certificate authority, for sites without Puppet"
    usage = "init [DIR] | issue NAME --caller|--node|--broker | renew NAME | revoke NAME | refresh | list"
    sections = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        from ...security.ca import KEY_TYPES

        verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, prog="mco ca", parser_class=_VerbParser)

        init = verbs.add_parser("init", help="make a CA in a folder that has none")
        init.add_argument("dir", nargs="?", type=Path, metavar="DIR", help=f"the folder (default: {_PLACES})")
        init.add_argument("--name", default="MCollective CA", help="the CA's own name (default: %(default)s)")
        init.add_argument("--key-type", choices=KEY_TYPES, default="p256", help="the CA's own key (default: %(default)s)")

        issue = verbs.add_parser("issue", help="make a key and a certificate")
        issue.add_argument("name", metavar="NAME", help="alice.mcollective for a caller, the host's full name for the others")
        role = issue.add_mutually_exclusive_group(required=True)
        role.add_argument("--caller", dest="role", action="store_const", const="caller", help="who sends requests")
        role.add_argument("--node", dest="role", action="store_const", const="node", help="a host that mcollectived runs on")
        role.add_argument("--broker", dest="role", action="store_const", const="broker", help="a broker, for TLS")
        issue.add_argument("--key-type", choices=KEY_TYPES, default="p256", help="default: %(default)s")
        issue.add_argument("--san", action="append", default=[], metavar="NAME", help="another DNS name or address; may be repeated")
        issue.add_argument("--days", type=int, default=1825, help="how long it is valid (default: %(default)s)")

        renew = verbs.add_parser("renew", help="make a new certificate for the key that a name has")
        renew.add_argument("name", metavar="NAME")
        renew.add_argument("--days", type=int, default=1825, help="how long it is valid (default: %(default)s)")

        revoke = verbs.add_parser("revoke", help="take back every certificate of a name")
        revoke.add_argument("name", metavar="NAME")

        refresh = verbs.add_parser("refresh", help="give the revocation list new dates")
        listing = verbs.add_parser("list", help="show what was issued")
        for verb in verbs.choices.values():  # SUPPRESS: what was said before the verb stays
            verb.add_argument("--strict", action="store_true", default=argparse.SUPPRESS, help="more exit codes: 64 usage, 78 config")
        for verb in (issue, renew, revoke, refresh, listing):
            verb.add_argument("--dir", type=Path, metavar="DIR", help=f"the CA's folder (default: {_PLACES})")

    def run(self, options: argparse.Namespace) -> int:
        from ...security.ca import CertificateAuthority, read_inventory

        folder = (options.dir or _default()).absolute()
        if options.verb == "init":
            authority = CertificateAuthority.create(folder, options.name, key_type=options.key_type)
            print(f"A CA was made in {folder}. Its key is {folder / 'private' / 'ca_key.pem'}: keep it secret, and keep a copy.")
            where = "" if folder == _default() else f" --dir {folder}"
            print(f"Next: mco ca issue {_login()}.mcollective --caller{where}")
            print(f"      mco ca issue web1.example.com --node{where}")
            print(f"      mco ca issue broker.example.com --broker{where}")
            return 0
        if options.verb == "list":
            _list(read_inventory(folder))
            return 0
        authority = CertificateAuthority.load(folder)
        if options.verb == "issue":
            authority.issue(options.name, options.role, key_type=options.key_type, sans=options.san, days=options.days)
            _say_settings(authority, options.name, options.role)
        elif options.verb == "renew":
            authority.renew(options.name, days=options.days)
            print(f"{authority.certificate_file(options.name)} is new, the key is the same: copy it to where the old one is.")
        elif options.verb == "revoke":
            revoked = authority.revoke(options.name)
            print(f"Revoked {len(revoked)} certificate{'s' if len(revoked) != 1 else ''} of {options.name}.")
            print(
                f"Copy {folder / 'crl.pem'} to every host and to the broker (its --tls-crl). Nothing needs a restart: a host looks at"
            )
            print("the file every 2 seconds while messages come; the embedded broker every 5, and cuts off who is revoked.")
        elif options.verb == "refresh":
            authority.refresh_crl()
            print(f"{folder / 'crl.pem'} is good for another year: copy it to every host and to the broker.")
        else:
            raise UsageError(f"mco ca {self.usage}")
        return 0


def _say_settings(authority: "CertificateAuthority", name: str, role: str) -> None:
    certificate, key = authority.certificate_file(name), authority.key_file(name)
    if role == "broker":
        print("For the embedded broker:")
        trusted = f"--tls-ca {authority.folder / 'ca.pem'} --tls-crl {authority.folder / 'crl.pem'}"
        print(f"mco broker --host 0.0.0.0 --tls-cert {certificate} --tls-key {key} {trusted}")
        print("# into server.cfg and client.cfg of those who connect to it")
        print(_CONNECTOR.format(broker=name))
        return
    file = "~/.mcollective or client.cfg" if role == "caller" else "server.cfg"
    print(f"# into {file}; on another machine, the paths that these four files are copied to")
    print("securityprovider = x509")
    print(f"plugin.x509.ca = {authority.folder / 'ca.pem'}")
    print(f"plugin.x509.crl = {authority.folder / 'crl.pem'}")
    print(f"plugin.x509.cert = {certificate}")
    print(f"plugin.x509.key = {key}")
    # As comments: at the end of a file that has its broker already, they would win over it.
    print("# only where no connector is set yet: the embedded broker, with TLS")
    print("\n".join(f"#{line}" for line in _CONNECTOR.format(broker=_broker_of(authority)).splitlines()))
    if role == "caller":
        from ...security.ca import DEFAULT_CALLERS
        from ...security.callers import CallerPatterns

        if not CallerPatterns([DEFAULT_CALLERS]).match(name):
            print(f"# into server.cfg of every host, which take requests from {DEFAULT_CALLERS} only unless told otherwise")
            print(f"plugin.x509.caller_certnames = {DEFAULT_CALLERS} {name}")
            print("# and for `mco broker`, to which the name is a node's unless told otherwise")
            print(f"# --operator-names '{DEFAULT_CALLERS}' --operator-names {name}")


def _broker_of(authority: "CertificateAuthority") -> str:
    """The name of the broker that was issued last."""
    names = [issued.name for issued in authority.issued() if issued.role == "broker" and not issued.is_revoked]
    return names[-1] if names else "broker.example.com"


def _list(issued: "tuple[Issued, ...]") -> None:
    now = time.time()
    width = max((len(entry.name) for entry in issued), default=0)
    for entry in sorted(issued, key=lambda entry: (entry.name, entry.not_before)):
        state = "revoked" if entry.is_revoked else "expired" if entry.not_after < now else "valid"
        until = time.strftime("%Y-%m-%d", time.gmtime(entry.not_after))
        print(f"{entry.name:<{width}}  {entry.role:<6}  {state:<7}  until {until}  {entry.serial:x}")
    if not issued:
        print("Nothing was issued yet: mco ca issue NAME --caller", file=sys.stderr)


def _default() -> Path:
    return Path("/etc/mcollective/ca") if os.geteuid() == 0 else Path.home() / ".mcollective.d" / "ca"


def _login() -> str:
    import pwd

    name = pwd.getpwuid(os.geteuid()).pw_name.lower()
    return name if name.isascii() and name.isalnum() and name != "root" else "alice"
