"""`mco plugin package PATH`: a plugin as packages for hosts and operators, or as a Puppet module."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ...ddl.document import from_yaml
from ...ddl.model import Metadata
from ...errors import DDLError, UsageError
from ...regularfile import read_regular
from ...text import printable
from ..inert import inert
from ..session import print_json, remark
from .debpackage import build_debs
from .metadata import metadata_of
from .modulepackage import build_module
from .parcel import PACKAGE, REVISION, VERSION, Parcel, Part, dependencies_of, parts_of, script_of
from .rpmpackage import build_rpms
from .source import NAME, Source, read_sources

LIBDIR = "/usr/share/mcollective/plugins"  # where Ruby's distributions have theirs; the folders in it are others
MCNAME = "mcollective-py"
BUILDERS: dict[str, Callable[[Parcel, Path], list[Path]]] = {
    "debpackage": build_debs,
    "rpmpackage": build_rpms,
    "modulepackage": build_module,
}
FORMATS = ("ospackage", *BUILDERS)
_SHORT = {"deb": "debpackage", "rpm": "rpmpackage", "module": "modulepackage"}
_MAX_SCRIPT = 64 * 1024


def package(paths: Sequence[str], options: argparse.Namespace) -> int:
    """Make them; each is named on stdout."""
    if options.sign:
        what = "sign what was made: `rpmsign --addsign FILE.rpm`, `debsigs --sign=origin FILE.deb`, or the repository they go into"
        raise UsageError(f"--sign: packages are made unsigned here; {what}")
    if len(paths) > 1:
        raise UsageError("one folder at a time: mco plugin package PATH")
    wanted = _SHORT.get(options.format, options.format or "ospackage")
    if wanted == "ospackage":
        wanted = ospackage()
    if wanted not in BUILDERS:
        raise UsageError(f"--format {inert(wanted)}: there are {', '.join(FORMATS)}")
    made = parcel(Path(paths[0] if paths else "."), options)
    target = Path(options.output or ".")
    if not target.is_dir():
        raise UsageError(f"-o {target}: there is no such folder")
    work = Path(tempfile.mkdtemp(prefix="mco-plugin-"))
    try:
        files = [_place(file, target) for file in BUILDERS[wanted](made, work)]
    finally:
        if options.keep_artifacts:
            remark(f"what the packages were made from is kept in {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    if options.json:
        parts = {part.name: [f"{made.folder}/{name}" for name in part.files] for part in made.parts}
        print_json({"format": wanted, "files": [str(file) for file in files], "packages": parts, "libdir": made.folder})
    else:
        for file in files:
            print(inert(str(file)))
    if not options.quiet:
        remark(
            f"what uses it has libdir = {made.folder} in its server.cfg or client.cfg, and a daemon is reloaded after it is installed"
        )
    return 0


def parcel(path: Path, options: argparse.Namespace) -> Parcel:
    """What is to be packed, by the options. Raises UsageError, or DDLError for a plugin that no host would take."""
    sources = read_sources(path)
    if not sources[0].files:
        raise UsageError(f"{path}: its folder is empty")
    main = _main(sources, path)
    metadata = metadata_of(main)
    for source in sources:  # none that would not load
        metadata_of(source)
    name = (options.name or (main.name if len(sources) == 1 else path.resolve().name)).lower().replace("_", "-").replace(" ", "-")
    mcname = options.mcname or MCNAME
    revision = str(options.revision or options.iteration or "1")
    if options.iteration:
        remark("--iteration is now called --revision")
    version = options.pluginversion or metadata.version or "0.1.0"
    for option, text, shape, words in (
        ("--pluginversion", version, VERSION, "digits, letters and . + ~, and begins with a digit"),
        ("--revision", revision, REVISION, "digits, letters and . + ~"),
        ("--name", f"{mcname}-{name}", PACKAGE, "lower case letters, digits and + . -"),
        ("--mcversion", options.mcversion or "0", VERSION, "digits, letters and . + ~"),
    ):
        if not shape.fullmatch(text):
            raise UsageError(f"{option}: {inert(text[:100])!r} will not do: a package has {words}")
    metadata = _told(metadata, options)
    vendor = _one_line("--vendor", options.vendor or metadata.author or "unknown")
    return Parcel(
        name=name,
        mcname=mcname,
        metadata=metadata,
        version=version,
        revision=revision,
        vendor=vendor,
        folder=_libdir(options.pluginpath or LIBDIR),
        parts=parts_of(sources, f"{mcname}-{name}"),
        time=_time(sources),
        mcversion=options.mcversion or _required(main),
        dependencies=dependencies_of(options.dependency or ()),
        preinstall=None if options.preinstall is None else script_of(_script(options.preinstall), "--preinstall"),
        postinstall=None if options.postinstall is None else script_of(_script(options.postinstall), "--postinstall"),
    )


def ospackage() -> str:
    """The format of this system: .deb on Debian and its kin, else what there is a program for."""
    if Path("/etc/debian_version").exists() and shutil.which("dpkg-deb"):
        return "debpackage"
    for program, wanted in (("rpmbuild", "rpmpackage"), ("dpkg-deb", "debpackage")):
        if shutil.which(program):
            return wanted
    raise UsageError(
        "there is neither rpmbuild nor dpkg-deb here: install one of them, or take --format modulepackage, which needs none"
    )


def preview(sources: Sequence[Source], prefix: str) -> tuple[Part, ...]:
    """The packages that would be made, for `mco plugin info`."""
    return parts_of(sources, f"{MCNAME}-{prefix.replace('_', '-')}")


def _main(sources: Sequence[Source], path: Path) -> Source:
    """The one that the packages are about: the only agent, or the only plugin there is."""
    agents = [source for source in sources if source.kind == "agents"]
    if len(sources) == 1 or len(agents) == 1:
        return agents[0] if agents else sources[0]
    names = ", ".join(f"{source.kind}/{source.name}" for source in sources[:10])
    raise UsageError(f"{path} holds several plugins ({names}): pack each by its own folder")


def _required(main: Source) -> str:
    """The version of this program that the plugin's DDL asks for."""
    text = main.text("ddl.yaml")
    if text is None:
        return ""
    try:
        value = from_yaml(text, main.name).value
    except DDLError:
        return ""
    requires = value.get("requires") if isinstance(value, dict) else None
    wanted = requires.get("mcollective_py") if isinstance(requires, dict) else None
    return wanted if isinstance(wanted, str) and VERSION.fullmatch(wanted) else ""


def _libdir(text: str) -> str:
    words = text.rstrip("/").split("/")
    if words[0] != "" or len(words) < 2 or not all(NAME.fullmatch(word) for word in words[1:]):
        raise UsageError(f"--pluginpath {inert(text[:200])!r}: write an absolute path of letters, digits and _ . + -")
    return "/".join(words)


def _script(text: str) -> str:
    """The file of that name where there is one, else the words themselves, as they always were."""
    try:
        if len(text) < 4096 and "\n" not in text and Path(text).is_file():
            return read_regular(text, _MAX_SCRIPT)[0].decode("utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"{inert(text)} cannot be used as a script: {getattr(error, 'strerror', None) or error}") from error
    if "/" in text and " " not in text and not text.startswith("#!") and not Path(text).exists():
        raise UsageError(f"{inert(text)}: there is no such script")
    return text


def _time(sources: Sequence[Source]) -> int:
    """SOURCE_DATE_EPOCH, else when the newest file was changed: the same folder makes the same packages."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if said:
        if not said.isascii() or not said.isdigit() or len(said) > 11:
            raise UsageError(f"SOURCE_DATE_EPOCH: {inert(said[:40])!r} are no seconds since 1970")
        return int(said)
    return max(int((source.path / name).stat().st_mtime) for source in sources for name in source.files)


def _told(metadata: Metadata, options: argparse.Namespace) -> Metadata:
    """The metadata with what the options say in their place, each text on one line."""
    texts: dict[str, str] = {}
    for key in ("author", "description", "license", "url"):
        given = getattr(options, key)
        texts[key] = _one_line(f"--{key}", given) if given else " ".join(printable(getattr(metadata, key)).split())
    return Metadata(metadata.name, version=metadata.version, timeout=metadata.timeout, **texts)


def _one_line(option: str, text: str) -> str:
    if not text.isprintable() or not text.strip() or len(text) > 500:
        raise UsageError(f"{option}: one line of text, at most 500 characters")
    return text.strip()


def _place(file: Path, target: Path) -> Path:
    """Into the folder asked for, over an older one of the same name."""
    placed = target / file.name
    if placed.is_dir():
        raise UsageError(f"{placed} is a folder")
    try:
        shutil.copyfile(file, temporary := target / f".{file.name}.{os.getpid()}")
        temporary.chmod(0o644)
        temporary.replace(placed)
    except OSError as error:
        raise UsageError(f"{placed} cannot be written: {error.strerror}") from error
    return placed
