"""mco ca: a small certificate authority for sites without Puppet."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ...errors import UsageError
from ..application import Application
from ..issued import (
    day,
    default_folder,
    extension_words,
    issued_row,
    serial_number,
    settings_lines,
    signed_lines,
    signing_request,
    state,
    write_bundle,
)
from ..options import Parser
from ..passphrases import new_passphrase, passphrase_of
from ..session import print_json

if TYPE_CHECKING:
    from ...security.ca import CertificateAuthority, Issued


_PLACES = "root's /etc/mcollective/ca, else ~/.mcollective.d/ca"


class _VerbParser(Parser):
    """The parser of one verb, whose own help says more; `mco help` knows commands only."""

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}\n{self.prog} --help says more")


class Ca(Application):
    """Makes a CA, issues certificates for callers, nodes and brokers, signs requests for them, and revokes them."""

    description = "Run a small certificate authority, for sites without Puppet"
    usage = "init [DIR] | issue NAME --caller|--node|--broker | issue --csr FILE ... | renew NAME | revoke NAME | list | crl | refresh"
    sections = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        from ...security.keyfiles import KEY_TYPES

        verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, prog="mco ca", parser_class=_VerbParser)

        init = verbs.add_parser("init", help="make a CA in a folder that has none")
        init.add_argument("dir", nargs="?", type=Path, metavar="DIR", help=f"the folder (default: {_PLACES})")
        init.add_argument("--name", default="MCollective CA", help="the CA's own name (default: %(default)s)")
        init.add_argument("--days", type=int, default=3650, help="how long it is valid (default: %(default)s)")
        init.add_argument("--passphrase", action="store_true", help="encrypt the CA's key; the passphrase is asked for on the terminal")

        issue = verbs.add_parser("issue", help="make a certificate, and a key unless --csr has one")
        issue.add_argument("name", nargs="?", metavar="NAME", help="alice.mcollective for a caller, else the host's full name")
        role = issue.add_mutually_exclusive_group(required=True)
        role.add_argument("--caller", dest="role", action="store_const", const="caller", help="who sends requests")
        role.add_argument("--node", dest="role", action="store_const", const="node", help="a host that mcollectived runs on")
        role.add_argument("--broker", dest="role", action="store_const", const="broker", help="a broker, for TLS")
        issue.add_argument("--csr", type=Path, metavar="FILE", help="sign this request (`mco enrol request` makes one) and make no key")
        issue.add_argument("--out", type=Path, metavar="FILE", help="also write all that `mco enrol accept` takes into one file")
        issue.add_argument("--new-key", action="store_true", help="with --csr: another key than the name's valid certificate has")
        issue.add_argument("--san", action="append", default=[], metavar="NAME", help="another DNS name or address; may be repeated")
        issue.add_argument(
            "--extension", action="append", default=[], metavar="NAME=TEXT", help="one of Puppet's, as pp_role=web; may be repeated"
        )
        issue.add_argument("--days", type=int, default=1825, help="how long it is valid (default: %(default)s)")
        for verb in (init, issue):
            kind = verb.add_mutually_exclusive_group()
            kind.add_argument("--key-type", choices=KEY_TYPES, default="p256", help="the key that is made (default: %(default)s)")
            kind.add_argument("--rsa", dest="key_type", action="store_const", const="rsa4096", help="as --key-type rsa4096")

        renew = verbs.add_parser("renew", help="make a new certificate for the key that a name has")
        whose = renew.add_mutually_exclusive_group(required=True)
        whose.add_argument("name", nargs="?", metavar="NAME")
        whose.add_argument("--ca", dest="is_own", action="store_true", help="the CA's own certificate: all hosts need the new ca.pem")
        renew.add_argument("--days", type=int, help="how long it is valid (default: 1825, of the CA 3650)")

        revoke = verbs.add_parser("revoke", help="take back every certificate of a name")
        revoke.add_argument("name", metavar="NAME")
        revoke.add_argument("--serial", metavar="HEX", help="only this one of them, as `mco ca list` shows it")

        listing = verbs.add_parser("list", help="show what was issued")
        crl = verbs.add_parser("crl", help="show the revocation list; the same as refresh with --renew")
        crl.add_argument("--renew", action="store_true", help="give it new dates")
        refresh = verbs.add_parser("refresh", help="give the revocation list new dates")
        for verb in (crl, refresh):
            verb.add_argument("--days", type=int, default=365, help="how long it is good for TLS (default: %(default)s)")
        for verb in verbs.choices.values():  # SUPPRESS: what was said before the verb stays
            verb.add_argument("--strict", action="store_true", default=argparse.SUPPRESS, help="more exit codes: 64 usage, 78 config")
            verb.add_argument("--json", action="store_true", help="print one JSON document")
            if verb not in (listing,):
                verb.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line opens the CA's key")
            if verb is not init:
                verb.add_argument("--dir", type=Path, metavar="DIR", help=f"the CA's folder (default: {_PLACES})")

    def run(self, options: argparse.Namespace) -> int:
        from ...security.cainventory import read_inventory

        folder = (options.dir or default_folder()).absolute()
        if options.verb == "init":
            return _init(folder, options)
        if options.verb == "list":
            issued = read_inventory(folder)
            return _tell(options, {"folder": str(folder), "issued": [issued_row(one, time.time()) for one in issued]}, _rows(issued))
        if options.verb == "crl" and not options.renew:
            return _crl(folder, options)
        if options.verb == "issue":
            _check_issue(options)
        return _WITH_KEY[options.verb](_load(folder, options), options)


def _init(folder: Path, options: argparse.Namespace) -> int:
    from ...security.ca import CertificateAuthority
    from ...security.cainventory import read_own

    passphrase = new_passphrase(options.passphrase_file) if options.passphrase or options.passphrase_file else None
    CertificateAuthority.create(folder, options.name, key_type=options.key_type, days=options.days, passphrase=passphrase)
    key, where = folder / "private" / "ca_key.pem", "" if folder == default_folder() else f" --dir {folder}"
    print_, _ = read_own(folder)
    return _tell(
        options,
        {"folder": str(folder), "key": str(key), "fingerprint": print_, "encrypted": passphrase is not None},
        [
            f"A CA was made in {folder}. Its key is {key}: keep it secret, and keep a copy.",
            f"Its fingerprint (SHA-256): {print_}",
            f"Next: mco ca issue {_login()}.mcollective --caller{where}",
            f"      mco ca issue web1.example.com --node{where}",
            f"      mco ca issue broker.example.com --broker{where}",
        ],
    )


def _load(folder: Path, options: argparse.Namespace) -> "CertificateAuthority":
    from ...security.ca import CertificateAuthority

    key = folder / "private" / "ca_key.pem"
    return CertificateAuthority.load(folder, passphrase=lambda: passphrase_of(options.passphrase_file, key))


def _check_issue(options: argparse.Namespace) -> None:
    """Before a passphrase is asked for. Raises UsageError."""
    if options.name is None and options.csr is None:
        raise UsageError("for whom? mco ca issue NAME, or --csr FILE for a request that says it")
    if options.csr is None and options.new_key:
        raise UsageError("--new-key is about the key of a request: --csr FILE")
    if options.csr is not None and options.key_type != "p256":
        raise UsageError("--csr has its own key: leave out what kind is to be made")
    if options.out is not None and options.out.exists():
        raise UsageError(f"{options.out} is there already: name another file, or move it away")


def _issue(authority: "CertificateAuthority", options: argparse.Namespace) -> int:
    extensions = extension_words(options.extension)
    if options.csr is not None:
        request = signing_request(options.csr)
        name = request.name
        if options.name not in (None, name):
            raise UsageError(f"{options.csr} asks for the name {name}, not {options.name}: leave the name out, or have another request")
        issued = authority.sign(
            request, options.role, sans=options.san, days=options.days, extensions=extensions, is_new_key=options.new_key
        )
        lines = signed_lines(authority, request, options.role)
    else:
        name = options.name
        issued = authority.issue(
            name, options.role, key_type=options.key_type, sans=options.san, days=options.days, extensions=extensions
        )
        lines = settings_lines(authority, name, options.role)
    if options.out is not None:
        write_bundle(authority, name, options.out)
        lines = [*lines, f"# {options.out} has certificate, CA and CRL: `mco enrol accept {options.out.name}` where the key is"]
    files = {"certificate": str(authority.certificate_file(name)), "ca": str(authority.folder / "ca.pem"),
             "crl": str(authority.folder / "crl.pem")}  # fmt: skip
    if options.csr is None:
        files["key"] = str(authority.key_file(name))
    return _tell(options, {"issued": issued_row(issued, time.time()), "files": files}, lines)


def _renew(authority: "CertificateAuthority", options: argparse.Namespace) -> int:
    if options.is_own:
        authority.renew_own(days=options.days or 3650)
        until = authority.certificate.not_valid_after_utc.date()
        file = authority.folder / "ca.pem"
        lines = [f"{file} is good until {until}, its key is the same: copy it to every host, client and broker."]
        return _tell(options, {"ca": str(file), "until": str(until)}, lines)
    issued = authority.renew(options.name, days=options.days or 1825)
    file = authority.certificate_file(options.name)
    return _tell(
        options,
        {"issued": issued_row(issued, time.time()), "files": {"certificate": str(file)}},
        [f"{file} is new, the key is the same: copy it to where the old one is."],
    )


def _revoke(authority: "CertificateAuthority", options: argparse.Namespace) -> int:
    revoked = authority.revoke(options.name, None if options.serial is None else serial_number(options.serial))
    crl = authority.folder / "crl.pem"
    return _tell(
        options,
        {"revoked": [issued_row(replace(one, is_revoked=True), time.time()) for one in revoked], "crl": str(crl)},
        [
            f"Revoked {len(revoked)} certificate{'s' if len(revoked) != 1 else ''} of {options.name}.",
            f"Copy {crl} to every host and to the broker (its --tls-crl). Nothing needs a restart: a host looks at",
            "the file every 2 seconds while messages come; the embedded broker every 5, and cuts off who is revoked.",
        ],
    )


def _refresh(authority: "CertificateAuthority", options: argparse.Namespace) -> int:
    authority.refresh_crl(options.days)
    crl = authority.folder / "crl.pem"
    span = "another year" if options.days == 365 else f"another {options.days} days"
    lines = [f"{crl} is good for {span}: copy it to every host and to the broker."]
    return _tell(options, {"crl": str(crl), "days": options.days}, lines)


_WITH_KEY = {"issue": _issue, "renew": _renew, "revoke": _revoke, "refresh": _refresh, "crl": _refresh}


def _crl(folder: Path, options: argparse.Namespace) -> int:
    from ...security.cainventory import read_inventory, read_revocation_list

    crl, now = read_revocation_list(folder), time.time()
    named = {one.serial: one.name for one in read_inventory(folder)}
    rows = sorted((moment, named.get(serial, ""), f"{serial:x}") for serial, moment in crl.revoked.items())
    over = ", WHICH IS OVER: mco ca crl --renew" if crl.next_update < now else ""
    head = f"{folder / 'crl.pem'}: number {crl.number}, of {day(crl.last_update)}, next by {day(crl.next_update)}{over}"
    lines = [head, *(f"   {name or '(not in the inventory)'}  revoked {day(moment)}  {serial}" for moment, name, serial in rows)]
    said = {"file": str(folder / "crl.pem"), "number": crl.number, "last_update": crl.last_update, "next_update": crl.next_update}
    revoked = [{"serial": serial, "name": name, "revoked": moment} for moment, name, serial in rows]
    return _tell(options, {**said, "revoked": revoked}, lines)


def _tell(options: argparse.Namespace, document: dict[str, Any], lines: Sequence[str]) -> int:
    if options.json:
        print_json(document)
    else:
        print("\n".join(lines))
    return 0


def _rows(issued: "Sequence[Issued]") -> list[str]:
    if not issued:
        print("Nothing was issued yet: mco ca issue NAME --caller", file=sys.stderr)
    now, width = time.time(), max((len(one.name) for one in issued), default=0)
    return [
        f"{one.name:<{width}}  {one.role:<6}  {state(one, now):<7}  until {day(one.not_after)}  {one.serial:x}"
        for one in sorted(issued, key=lambda one: (one.name, one.not_before))
    ]


def _login() -> str:
    import pwd

    name = pwd.getpwuid(os.geteuid()).pw_name.lower()
    return name if name.isascii() and name.isalnum() and name != "root" else "alice"
