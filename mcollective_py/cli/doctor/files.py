"""Checks of what lies on this machine: the configuration file, libdirs, DDLs, keys and certificates."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...config import Config, places
from ...errors import ConfigError, DDLError, KeyFileError, UntrustedCertificate
from ...plugins.ddlfiles import is_plain, read_ddl
from ...plugins.finder import survey_ddls
from ...security.base import SecurityPlugin
from ...security.load import own_places, security_plugin
from .check import Check, misconfigured, ok, warn

SOON = 30 * 86400.0  # seconds before the end of a certificate at which it is to be renewed
_SIDES = {"client": "this client", "server": "this host"}


def configuration(explicit: str | None, side: str) -> tuple[Config | None, list[Check]]:
    """The settings, None where they cannot be read at all, and what there is to say of them. side: `client` or `server`."""
    home = Path(os.environ["HOME"]) if os.environ.get("HOME", "").startswith("/") else None
    looked = [Path(explicit)] if explicit else [path for path in places(side, home) if path.exists()]
    if not looked:
        listed = " or ".join(str(path) for path in places(side, home))
        fix = f"write {listed}, or name a file with -c; docs/configuration.md has every setting, `mco demo` shows one that works"
        return None, [misconfigured("configuration", "there is no configuration file", fix)]
    path = str(looked[0])
    judge = f"mend it; `mco config check --{side} {path}` judges it again"
    try:
        config, problems = Config.examine(path, side)
    except ConfigError as error:
        return None, [misconfigured("configuration", str(error), judge)]
    if problems:
        return None, [misconfigured("configuration", str(problem), judge) for problem in problems]
    chosen = f"connector {config.word('connector')}, securityprovider {config.word('securityprovider')}"
    found = [ok("configuration", f"{path}: {len(config.keys())} settings, {chosen}")]
    return config, [*found, *(warn("configuration", warning, judge) for warning in config.warnings)]


def plugins(config: Config) -> Iterator[Check]:
    """The libdirs, and whether the DDLs in them can be read."""
    libdirs = config.paths("libdir")
    missing = [path for path in libdirs if not path.is_dir()]
    for path in missing:
        yield warn("libdir", f"there is no folder {path}", f"make it, or take it out of libdir in {config.file}")
    if not missing:
        yield ok("libdir", ", ".join(map(str, libdirs)) or "none set: the agents that come with this package")
    survey = survey_ddls(libdirs)
    for refused in survey.refused:
        yield warn("DDLs", str(refused), "rename it, or move it out of the libdir")
    good = 0
    for name, path in sorted(survey.found.items()):
        try:
            if not is_plain(path):
                read_ddl(path)
            good += 1
        except DDLError as error:
            yield warn(
                "DDLs", f"{path}: {error}", f"mend it: `mco plugin doc {name}` reads it again; without it {name} cannot be called"
            )
    yield ok("DDLs", f"{good} agents can be called")


def keys(config: Config, side: str, clock: Callable[[], float]) -> tuple[SecurityPlugin | None, list[Check]]:
    """The security plugin, None where there can be none, and what there is to say of its files."""
    provider = config.word("securityprovider")
    remarks: list[str] = []
    try:
        with _warnings(remarks):
            plugin = security_plugin(config, side, clock)
    except ConfigError as error:
        return None, [misconfigured("keys", str(error), _key_fix(error, config))]
    found = [warn("keys", remark, _REMEDIES.get(_kind(remark), "see docs/security.md")) for remark in remarks if not _is_told(remark)]
    if provider == "x509":
        return plugin, [*found, *_certificate(config, side, plugin, clock())]
    return plugin, [ok("keys", f"{provider}: {_SIDES[side]} is {plugin.caller}"), *found]


_REMEDIES = {
    "ca": "fetch a new list from the CA: `mco ca refresh` there, or Puppet's agent",
    "end": "a new CA certificate has to be on all hosts, beside the old one, before that: docs/security.md",
    "psk": "move to x509 when no host with Ruby is left: docs/migration.md",
}


def _kind(remark: str) -> str:
    return "ca" if "CRL" in remark else "end" if "the CA certificate" in remark else "psk" if "psk" in remark else ""


def _is_told(remark: str) -> bool:
    """Whether _certificate says the same, with a fix of its own."""
    if remark.startswith("the certificate of") and "expires in" in remark:
        return True
    return any(words in remark for words in ("others will refuse", "take requests from", "the CRL of", "no CRL of"))


def _key_fix(error: ConfigError, config: Config) -> str:
    file = error.file if isinstance(error, KeyFileError) and error.file else None
    if file is not None and "cannot be read" in str(error):
        return f"make {file} readable for the user who runs this: `ls -l {file}` shows whose it is; or name another one as {error.key}"
    if file is not None and error.key and "key" in error.key:
        return f"give {file} its place as {error.key}, owned by the user who runs this: chmod 0600 {file}"
    return f"mend {error.key or 'it'} in {config.file or 'the configuration'}, or the file that it names; docs/security.md"


def _certificate(config: Config, side: str, plugin: SecurityPlugin, now: float) -> Iterator[Check]:
    """The own certificate: name, dates, chain; and the age of the CRLs. With x509 all could be read."""
    from ...security.files import WatchedFiles
    from ...security.known import KnownCertificates

    where = own_places(config, side)
    files = WatchedFiles(where, config.word("plugin.x509.revocation"), lambda: now)
    own, trust = files.credentials(), files.trust()
    yield ok("keys", f"x509: {_SIDES[side]} is {own.certname}, by {where.certificate} and {where.key or 'ssh-agent'}")
    for remark in trust.warnings(now):
        yield warn("CRL", remark, f"renew {where.crl}: `mco ca refresh` where the CA is, or let Puppet's agent fetch it")
    try:
        facts = KnownCertificates(1).trusted(own.kid, own.certificate, trust, now)
    except UntrustedCertificate as error:
        again = f"`mco ca renew {own.certname}`, or `mco ca issue` for a new one, by the CA that all hosts trust ({where.ca})"
        fix = f"{again}; with Puppet: `puppet ssl clean` and a new request"
        yield misconfigured("certificate", f"others refuse what is signed here: {error}", fix)
        return
    left = facts.not_after - now
    if left < SOON:
        yield warn(
            "certificate", f"{own.certname} expires in {left / 86400:.0f} days", f"renew it in time: `mco ca renew {own.certname}`"
        )
    else:
        yield ok("certificate", f"{own.certname} is good for {left / 86400:.0f} days, and leads to the CA in {where.ca}")
    if side == "client":
        yield from _caller(config, own.certname, facts.usages)


def _caller(config: Config, certname: str, usages: frozenset[str]) -> Iterator[Check]:
    from ...security.callers import CallerPatterns

    patterns = CallerPatterns(config.items("plugin.x509.caller_certnames"))
    if not patterns.match(certname):
        yield misconfigured(
            "caller",
            f"hosts take requests from {' '.join(patterns.patterns)} only, and this is the certificate of {certname}",
            "issue one for a caller (`mco ca issue NAME.mcollective --caller`), or set plugin.x509.caller_certnames on all hosts",
        )
    elif "clientAuth" not in usages:
        yield misconfigured(
            "caller", f"the certificate of {certname} is not for clients", "issue one whose extendedKeyUsage has clientAuth"
        )
    else:
        yield ok("caller", f"hosts know this caller as cert={certname}")


@contextmanager
def _warnings(remarks: list[str]) -> Iterator[None]:
    """Inside, what our code would log as a warning is kept instead."""

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            remarks.append(record.getMessage())

    handler, logger = Keeping(logging.WARNING), logging.getLogger("mcollective_py")
    was, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = was
