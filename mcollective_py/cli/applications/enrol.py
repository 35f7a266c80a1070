"""`mco enrol`: how a host or an operator comes by a certificate, from a CA of one's own or from Puppet's."""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from ...errors import KeyFileError, UsageError
from ..application import Application
from ..doctor import files
from ..doctor.check import exitcode, lines, summary
from ..enrolment import puppetssl
from ..enrolment.folder import OwnFolder, check_name, is_usual_caller, make_request_files, own_folder, usual_name
from ..enrolment.settingsfile import config_file, text_for, write_settings
from ..issued import extension_words
from ..options import Parser
from ..session import print_json, remark, wants_color

WAITS = 2  # the exit code while a request is not signed yet


class _VerbParser(Parser):
    """The parser of one verb, whose own help says more; `mco help` knows commands only."""

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}\n{self.prog} --help says more")


class Enrol(Application):
    """Makes a key and a request for a certificate, puts what the CA hands back in place, or uses what Puppet has."""

    description = "Get this host or this operator a certificate, from `mco ca` or from Puppet"
    usage = "request [NAME] | accept FILE... | puppet [NAME]"
    sections = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, prog="mco enrol", parser_class=_VerbParser)

        request = verbs.add_parser("request", help="make a key here, and a request that a CA signs (`mco ca issue --csr`)")
        request.add_argument("name", nargs="?", metavar="NAME", help="default: LOGIN.mcollective, or the host's full name")
        request.add_argument("--san", action="append", default=[], metavar="NAME", help="another DNS name or address; may be repeated")
        request.add_argument(
            "--extension", action="append", default=[], metavar="NAME=TEXT", help="one of Puppet's, as pp_role=web; may be repeated"
        )
        kind = request.add_mutually_exclusive_group()
        kind.add_argument(
            "--key-type", choices=("p256", "ed25519", "rsa2048", "rsa4096"), default="p256", help="of a new key (default: %(default)s)"
        )
        kind.add_argument("--rsa", dest="key_type", action="store_const", const="rsa4096", help="as --key-type rsa4096")

        accept = verbs.add_parser("accept", help="put what the CA handed back in place, once it fits")
        accept.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="certificate, CA and CRL in PEM, in one file or several"
        )
        accept.add_argument("--ca-fingerprint", metavar="HEX", help="SHA-256 of the CA as `mco ca init` has shown it")
        accept.add_argument("--replace-ca", action="store_true", help="trust this CA in place of the one that is trusted here")

        puppet = verbs.add_parser("puppet", help="use the certificate that Puppet's agent has, or get one for an operator")
        puppet.add_argument("name", nargs="?", metavar="NAME", help="a caller (default: LOGIN.mcollective)")
        puppet.add_argument(
            "--run", action="store_true", help="for a caller: send the request to Puppet's CA, and fetch what it signed"
        )
        puppet.add_argument("--ca-server", metavar="HOST", help="Puppet's CA, where the agent's settings do not say it")
        puppet.add_argument("--puppet", type=Path, metavar="FILE", help="the puppet program (default: where its packages put it)")

        for verb in verbs.choices.values():  # SUPPRESS: what was said before the verb stays
            role = verb.add_mutually_exclusive_group()
            role.add_argument("--caller", dest="role", action="store_const", const="caller", help="who sends requests")
            role.add_argument("--node", dest="role", action="store_const", const="node", help="a host that mcollectived runs on")
            if verb is not puppet:
                role.add_argument("--broker", dest="role", action="store_const", const="broker", help="a broker, for TLS")
                verb.add_argument("--dir", type=Path, metavar="DIR", help="where the files lie (default: /etc/mcollective/ssl; a "
                                  "caller's ~/.mcollective.d/ssl)")  # fmt: skip
            if verb is not request:
                verb.add_argument("-c", "--config", type=Path, metavar="FILE", help="the configuration (default: server.cfg; "
                                  "a caller's ~/.mcollective)")  # fmt: skip
                verb.add_argument("--no-config", action="store_true", help="write into no configuration, print the settings")
                verb.add_argument("--switch-provider", action="store_true", help="also where another securityprovider is set")
            verb.add_argument("--strict", action="store_true", default=argparse.SUPPRESS, help="more exit codes: 64 usage, 78 config")
            verb.add_argument("--json", action="store_true", help="print one JSON document")

    def run(self, options: argparse.Namespace) -> int:
        return {"request": _request, "accept": _accept, "puppet": _puppet}[options.verb](options)


def _request(options: argparse.Namespace) -> int:
    from ...security.certificaterequest import fingerprint

    role = options.role or _usual_role()
    name = options.name or usual_name(role)
    check_name(name, role)
    folder = _folder(options, role)
    key, is_new = make_request_files(folder, name, options.key_type, options.san, extension_words(options.extension))
    file, print_ = folder.request(name), fingerprint(key)
    if not is_new:
        remark(f"{folder.key(name)} was there already: the request is for that key")
    if role == "caller" and not is_usual_caller(name):
        remark(f"hosts take requests from {name} only where their plugin.x509.caller_certnames has it: NAME.mcollective needs nothing")
    if role == "node" and any(path.exists() for path in _puppets_own(name)):
        remark("Puppet's agent has a certificate here already: `mco enrol puppet` uses it")
    asked = "".join([*(f" --san {san}" for san in options.san), *(f" --extension {word}" for word in options.extension)])
    document = {
        "name": name,
        "role": role,
        "key": str(folder.key(name)),
        "request": str(file),
        "fingerprint": print_,
        "new_key": is_new,
    }
    return _say(
        options,
        document,
        [
            f"A request for {name} is in {file}; its key stays here.",
            f"The key's fingerprint: {print_}",
            f"Where the CA is: mco ca issue --csr {file.name} --{role}{asked} --out {name}.signed.pem",
            f"and then here:   mco enrol accept {name}.signed.pem" + (f" --dir {folder.path}" if options.dir else ""),
        ],
    )


def _accept(options: argparse.Namespace) -> int:
    from ...security.keyfiles import locked, write
    from ..enrolment.accepting import judge, read_files, role_of_parts, with_own

    handed = read_files(options.files)
    if not handed.leaves:
        handed = with_own(handed, _folder(options, options.role or _usual_role()))
    role = options.role or role_of_parts(handed)
    folder = _folder(options, role)
    found = judge(handed, folder, role, time.time(), fingerprint=options.ca_fingerprint, replaces_ca=options.replace_ca)
    settings = folder.settings(found.name)
    side = "client" if role == "caller" else "server"
    # Before anything is written: whether the configuration may be.
    config = None if options.no_config or role == "broker" else _planned(options, side, settings)
    is_first = not folder.ca.exists()
    with locked(folder.path):
        write(folder.ca, found.ca)
        write(folder.crl, found.crl)
        write(folder.certificate(found.name), found.certificate)
        folder.request(found.name).unlink(missing_ok=True)
    for text in found.remarks:
        remark(text)
    head = [f"{found.name} is enrolled as a {role}: {folder.certificate(found.name)}"]
    if is_first and options.ca_fingerprint is None:
        head.append("It trusts this CA from now on; compare the fingerprint with the one that `mco ca init` has shown:")
        head += [f"   {one}" for one in found.fingerprints]
    if role == "broker":
        head.append(
            f"mco broker --host 0.0.0.0 --tls-cert {folder.certificate(found.name)} --tls-key {folder.key(found.name)} "
            f"--tls-ca {folder.ca} --tls-crl {folder.crl}"
        )
    document = {"name": found.name, "role": role, "fingerprints": list(found.fingerprints)}
    return _settled(options, side, settings, config, document, head, role)


def _puppet(options: argparse.Namespace) -> int:
    role = options.role or ("caller" if options.name else _usual_role())
    if role == "node" and (options.name or options.run):
        raise UsageError("a host has its agent's name, and Puppet's agent gets its certificate: mco enrol puppet --node")
    program = puppetssl.find_puppet(options.puppet)
    said = puppetssl.parse_settings(_output(program, puppetssl.print_settings()))
    if role == "node":
        where = puppetssl.node_places(said)
        if gone := where.missing():
            raise KeyFileError("Puppet has no such file: `puppet agent --test` gets this host its certificate", file=str(gone[0]))
    else:
        name = options.name or usual_name("caller")
        where = puppetssl.caller_places(said, name)
    check_name(where.name, role)
    if where.missing():
        if options.run:
            _ask_puppets_ca(program, where, options.ca_server)
        if where.missing():
            return _waits(options, program, where)
    side = "client" if role == "caller" else "server"
    settings = where.settings()
    config = None if options.no_config else _planned(options, side, settings)
    head = [f"{where.name} is a {role} by Puppet's certificate {where.certificate}"]
    return _settled(options, side, settings, config, {"name": where.name, "role": role}, head, role)


def _ask_puppets_ca(program: Path, where: puppetssl.PuppetPlaces, server: str | None) -> None:
    """Send the request where there is no key yet, and fetch the certificate where it is signed."""
    if not where.key.exists():
        _output(program, puppetssl.request_words(where.name, server))
    if not where.certificate.exists():
        try:
            _output(program, puppetssl.download_words(where.name, server))
        except KeyFileError as error:
            remark(f"not signed yet: {error.problem}")


def _waits(options: argparse.Namespace, program: Path, where: puppetssl.PuppetPlaces) -> int:
    """Say what is still to be done for a certificate of Puppet's CA."""
    is_requested = where.key.exists()
    todo = puppetssl.steps(program, where.name, options.ca_server, is_requested=is_requested)
    done = "has been asked for and is not here yet" if is_requested else "is not here yet"
    document = {"name": where.name, "role": "caller", "requested": is_requested, "steps": todo}
    _say(options, document, [f"The certificate of {where.name} {done}. What it takes:", *(f"   {step}" for step in todo)])
    return WAITS


def _output(program: Path, words: tuple[str, ...]) -> str:
    """What puppet prints. Raises KeyFileError with its own words where it fails."""
    from ...errors import RPCAborted
    from ...node.command import run

    command = f"puppet {' '.join(words[:2])}"
    try:
        ended = run([str(program), *words], timeout=puppetssl.PRINT_TIMEOUT, env={"HOME": str(Path.home())})
    except RPCAborted as error:
        raise KeyFileError(str(error)) from None
    if ended.exitcode != 0:
        told = (ended.stderr.strip() or ended.stdout.strip() or f"exit code {ended.exitcode}").splitlines()
        raise KeyFileError(f"{command}: {told[0][:500]}")
    return ended.stdout


def _planned(options: argparse.Namespace, side: str, settings: Mapping[str, str]) -> tuple[Path, str]:
    """The configuration file, and what it is to have."""
    file, begins_as = config_file(side, options.config)
    if begins_as is not None:
        remark(f"{file} begins as a copy of {begins_as}, which it hides from now on")
    return file, text_for(file, begins_as, settings, switches=options.switch_provider)


def _settled(
    options: argparse.Namespace,
    side: str,
    settings: Mapping[str, str],
    config: tuple[Path, str] | None,
    document: dict[str, Any],
    head: list[str],
    role: str,
) -> int:
    """Write the configuration and check it as `mco doctor` does; without one print the settings."""
    document |= {"settings": dict(settings), "config": None if config is None else str(config[0])}
    if config is None:
        shown = [f"{key} = {value}" for key, value in settings.items()] if role != "broker" else []
        return _say(options, document, [*head, *shown])
    file, text = config
    write_settings(file, text, side, settings)
    read, found = files.configuration(str(file), side)
    if read is not None:
        found += files.keys(read, side, time.time)[1]
    document["checks"] = [check.to_dict() for check in found]
    color = wants_color(sys.stdout, configured=True)
    shown = [line for check in found for line in lines(check, color=color)]
    next_ = "mco doctor asks the broker and the hosts" if side == "client" else "start mcollectived; mco doctor --server checks it"
    code = exitcode(found, strict=options.strict)
    _say(options, document, [*head, f"{file} names it.", *shown, "", summary(found), *([f"Next: {next_}"] if code == 0 else [])])
    return code


def _folder(options: argparse.Namespace, role: str) -> OwnFolder:
    return OwnFolder(options.dir.absolute()) if options.dir is not None else own_folder(role)


def _usual_role() -> str:
    """Root enrols its host, everybody else themselves."""
    return "node" if os.geteuid() == 0 else "caller"


def _puppets_own(name: str) -> list[Path]:
    from ...security.places import puppet_folders

    return [folder / "certs" / f"{name}.pem" for folder in puppet_folders(None)]


def _say(options: argparse.Namespace, document: Mapping[str, Any], shown: list[str]) -> int:
    if options.json:
        print_json(document)
    else:
        print("\n".join(shown))
    return 0
