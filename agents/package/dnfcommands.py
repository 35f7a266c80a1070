"""The words of dnf's commands; yum of older machines and dnf5 take the same where nothing else is said."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcollective_py.agent import InvalidRPCData

from .provider import Order, Wanted

PROGRAMS = ("/usr/bin/dnf", "/usr/bin/yum")  # on a machine with both, the second is the first
CLEAN_MODES = ("all", "packages", "metadata", "dbcache", "expire-cache")
YUM_MODES = ("headers", "plugins")  # of yum 3: dnf keeps neither

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+\-]*", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9*?\[][A-Za-z0-9._+~^:*?\[\]\-]*", re.ASCII)
_ARCH = re.compile(r"(?P<name>.+)[.:](?P<arch>noarch|x86_64|i[3-6]86|aarch64|armv7hl|ppc64le|s390x|riscv64|src)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tool:
    """The program and what stands before every command of it.

    installroot, releasever: as dnf's options of these names. settings: more `--setopt`s, `key=value`. disabled: plugins to leave out.
    """

    program: str = PROGRAMS[0]
    is_dnf5: bool = False
    installroot: str | None = None
    releasever: str | None = None
    settings: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()

    def words(self, *, ignores_locks: bool = False) -> list[str]:
        """The first words of a command. ignores_locks: packages on hold may be changed."""
        words = [self.program]
        if self.installroot is not None:
            # The list of held packages would else be that of the machine outside.
            plugins = f"{self.installroot}/etc/dnf/plugins"
            words += [f"--installroot={self.installroot}", f"--setopt=pluginconfpath={plugins}"]
        if self.releasever is not None:
            words.append(f"--releasever={self.releasever}")
        words += [f"--setopt={setting}" for setting in self.settings]
        # dnf itself would wait for ever; how long to wait is asked of us. dnf5 does not wait.
        if not self.is_dnf5:
            words.append("--setopt=exit_on_lock=1")
        disabled = [*self.disabled, *(["versionlock"] if ignores_locks else [])]
        return words + [f"--disableplugin={name}" for name in disabled]

    def values(self, values: Sequence[str]) -> list[str]:
        """Values of a caller, after the word from where on none is an option; dnf5 knows no such word, and each value is checked."""
        return list(values) if self.is_dnf5 else ["--", *values]


def tool_of(settings: Mapping[str, str], program: str, *, is_dnf5: bool) -> Tool:
    """The tool by the settings `plugin.package.dnf.*`. Raises InvalidRPCData for one that is no setting of this kind."""
    root = settings.get("installroot") or None
    if root is not None and not root.startswith("/"):
        raise InvalidRPCData(f"plugin.package.dnf.installroot is {root}: it must be an absolute path")
    options = tuple(settings.get("setopt", "").split())
    for option in options:
        if not re.fullmatch(r"[A-Za-z0-9_.\-*]+=\S*", option):
            raise InvalidRPCData(f"plugin.package.dnf.setopt has {option}: it must be key=value, several with blanks between")
    disabled = tuple(name for name in re.split(r"[\s,]+", settings.get("disableplugin", "")) if name)
    return Tool(program, is_dnf5, root and root.rstrip("/"), settings.get("releasever") or None, options, disabled)


def dnf_spec(wanted: Wanted) -> str:
    """A package as dnf names it: `nginx`, `nginx-1.24*`, `glibc-2:2.34-1.i686`. Raises InvalidRPCData for what is neither."""
    name, arch = split_arch(wanted.name)
    if not _NAME.fullmatch(name):
        raise InvalidRPCData(f"{wanted.name!r} is no name of a package")
    if wanted.version is None:
        return f"{name}.{arch}" if arch else name
    if not _VERSION.fullmatch(wanted.version):
        raise InvalidRPCData(f"{wanted.version!r} is no version of a package")
    if not arch:
        return f"{name}-{wanted.version}"
    release = "" if "-" in wanted.version else "-*"  # an architecture is read only after a release
    return f"{name}-{wanted.version}{release}.{arch}"


def split_arch(name: str) -> tuple[str, str]:
    """Name and architecture of `glibc.i686` or `glibc:i686`; the second is empty where there is none."""
    found = _ARCH.fullmatch(name)
    return (found["name"], found["arch"]) if found else (name, "")


def dnf_change(tool: Tool, order: Order, *, simulates: bool) -> list[str]:
    """The command that carries an order out, or only says what it would do."""
    options, specs = order.options, [dnf_spec(wanted) for wanted in order.packages]
    words = [*tool.words(ignores_locks=options.change_held), "--assumeno" if simulates else "-y"]
    if options.security and order.action in ("install", "update", "upgrade"):
        words.append("--security")
    if options.full and order.action == "upgrade":
        words.append("--allowerasing")
    if order.action in ("uninstall", "purge"):
        verb = "remove"
    elif order.action == "install" or any(wanted.version is not None for wanted in order.packages):
        verb = "install"  # goes up and down to a version; upgrade only up
    else:
        verb = "upgrade"
    return [*words, verb, *(tool.values(specs) if specs else [])]


def dnf_refresh(tool: Tool) -> list[str]:
    """The command that fetches the lists of packages anew."""
    return [*tool.words(), "-y", "--refresh", "makecache"]


def dnf_check_update(tool: Tool, *, security: bool) -> list[str]:
    """The command that lists what could be upgraded: exit code 100 where there is something, 0 where not."""
    return [*tool.words(), *(["--security"] if security and not tool.is_dnf5 else []), "check-update", *(
        ["--security"] if security and tool.is_dnf5 else []
    )]  # fmt: skip


def dnf_search(tool: Tool, text: str) -> list[str]:
    """The command that lists the packages of the repositories whose name has a text. Raises InvalidRPCData."""
    if not _NAME.fullmatch(text):
        raise InvalidRPCData(f"{text!r} is no part of a package's name")
    end = "\n" if tool.is_dnf5 else ""  # dnf 4 ends each line itself
    form = f"%{{name}}|%{{evr}}|%{{summary}}{end}"
    return [*tool.words(), "-q", "repoquery", "--latest-limit=1", "--qf", form, *tool.values([f"*{text}*"])]


def dnf_clean(tool: Tool, mode: str) -> list[str]:
    """The command that throws cached files away. Raises InvalidRPCData for a mode that there is not."""
    if mode not in CLEAN_MODES:
        raise InvalidRPCData(f"Unsupported yum clean mode: {mode}; there are {', '.join(CLEAN_MODES)}")
    return [*tool.words(), "clean", mode]


def dnf_lock(tool: Tool, name: str, *, is_held: bool) -> list[str]:
    """The command that puts a package on hold in its version, or releases it."""
    return [*tool.words(), "versionlock", "add" if is_held else "delete", *tool.values([dnf_spec(Wanted(name))])]


def dnf_needs_reboot(tool: Tool) -> list[str]:
    """The command that says whether a reboot is due: exit code 1, with words that say so, where it is."""
    return [*tool.words(), "needs-restarting", "-r"]


def dnf_repair(tool: Tool) -> list[str]:
    """The command that removes what an interrupted upgrade left twice."""
    return [*tool.words(), "-y", "remove", "--duplicates"]
