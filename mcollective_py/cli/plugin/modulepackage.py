"""A Puppet module of a plugin, as the .tar.gz that `puppet module install` takes; no program is needed to make it."""

import gzip
import io
import json
import re
import tarfile
from pathlib import Path, PurePosixPath

from .parcel import Parcel, Part, file_mode
from .staging import write

_SIDES = {"common": "", "agent": "server", "client": "client"}


def build_module(parcel: Parcel, work: Path) -> list[Path]:
    """The one archive, in work."""
    stem = f"{vendor_word(parcel)}-{module_name(parcel)}-{semantic(parcel.version)}"
    target = work / f"{stem}.tar.gz"
    write(target, archive(stem, module_files(parcel), parcel.time), 0o644)
    return [target]


def module_name(parcel: Parcel) -> str:
    """The module's and its class's name."""
    return re.sub(r"[^a-z0-9_]", "_", f"{parcel.mcname}_{parcel.name}")


def vendor_word(parcel: Parcel) -> str:
    """Whose module it is: letters and digits, as modules have it."""
    return re.sub(r"[^a-z0-9]", "", parcel.vendor.partition("<")[0].lower())[:60] or "site"


def semantic(version: str) -> str:
    """A version of three numbers, as modules must have it: 1.2 is 1.2.0; what follows the numbers is left out."""
    numbers = re.findall(r"[0-9]+", re.split(r"[^0-9.]", version)[0])[:3]
    return ".".join(str(int(number)) for number in [*numbers, *("0" for _ in range(3 - len(numbers)))])


def module_files(parcel: Parcel) -> dict[str, tuple[bytes, int]]:
    """Content and mode of every file of the module, by path."""
    found = {f"files/{part.word}/{name}": (file.content, file_mode(file)) for part in parcel.parts for name, file in part.files.items()}
    texts = {
        "metadata.json": json.dumps(_metadata(parcel), indent=2, ensure_ascii=False) + "\n",
        "manifests/init.pp": manifest(parcel),
        "README.md": _readme(parcel),
    }
    return found | {name: (text.encode(), 0o644) for name, text in texts.items()}


def archive(stem: str, files: dict[str, tuple[bytes, int]], time: int) -> bytes:
    """A .tar.gz with everything below stem/: sorted, of root, of this time."""
    folders = {str(above) for name in files for above in PurePosixPath(stem, name).parents} - {"."}
    entries: dict[str, tuple[bytes | None, int]] = dict.fromkeys(folders, (None, 0o755))
    entries |= {f"{stem}/{name}": content for name, content in files.items()}
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for name, (content, mode) in sorted(entries.items()):
            entry = tarfile.TarInfo(name)
            entry.mtime, entry.mode, entry.uname, entry.gname = time, mode, "root", "root"
            if content is None:
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def manifest(parcel: Parcel) -> str:
    """The class that puts the files into the libdir."""
    name = module_name(parcel)
    shared = sorted({folder.split("/")[0] for part in parcel.parts for folder in part.folders})
    own = sorted({"/".join(folder.split("/")[:2]) for part in parcel.parts for folder in part.folders})
    lines = [
        f"# {parcel.summary}",
        "#",
        "# @param libdir  the folder that libdir of server.cfg and client.cfg names; made where it is missing",
        "# @param server  whether this node is a host that answers: it gets the code of agents",
        "# @param client  whether operators work on this node: it gets commands and summaries",
        "# @param service the service that is told of a change where the catalogue has it; undef tells none",
        "# @param ensure  absent takes it all away again",
        f"class {name} (",
        f"  Pattern[/\\A\\/[A-Za-z0-9_.+\\/-]+\\z/] $libdir = '{parcel.folder}',",
        "  Boolean $server = true,",
        "  Boolean $client = false,",
        "  Optional[String[1]] $service = undef,",
        "  Enum['present', 'absent'] $ensure = 'present',",
        ") {",
        "  $told = $service ? {",
        "    undef   => [],",
        "    default => Service[$service],",
        "  }",
        "  File {",
        "    owner  => 0,",
        "    group  => 0,",
        "    notify => $told,",
        "  }",
        "",
        "  if $ensure == 'absent' {",
        *(f'    file {{ "${{libdir}}/{folder}": ensure => absent, force => true, recurse => true }}' for folder in own),
        "  } else {",
    ]
    lines += [
        f"    exec {{ '{name}: libdir':",
        '      command => "mkdir -p -- ${libdir}",',
        "      creates => $libdir,",
        "      path    => ['/bin', '/usr/bin'],",
        "    }",
    ]
    for folder in shared:
        lines += [
            f'    unless defined(File["${{libdir}}/{folder}"]) {{',
            f"      file {{ \"${{libdir}}/{folder}\": ensure => directory, mode => '0755' }}",
            "    }",
        ]
    lines += [f"    Exec['{name}: libdir'] -> File[\"${{libdir}}/{folder}\"]" for folder in shared]
    lines += ["    # What an older version left is taken away; Python's caches stay."]
    for folder in own:
        lines += [
            f'    file {{ "${{libdir}}/{folder}":',
            "      ensure  => directory,",
            "      mode    => '0755',",
            "      recurse => true,",
            "      purge   => true,",
            "      force   => true,",
            "      ignore  => '__pycache__',",
            "    }",
        ]
    inner = {part.word: [folder for folder in part.folders if folder not in own] for part in parcel.parts}
    declared: set[str] = set()
    common = [part for part in parcel.parts if part.word == "common"]
    for part in [*common, *(part for part in parcel.parts if part.word != "common")]:
        side = _SIDES[part.word]
        pad = "      " if side else "    "
        body = []
        for folder in inner[part.word]:
            if folder in declared:
                continue
            others = [other for other in parcel.parts if other is not part and folder in inner[other.word]]
            if others and side:
                body.append(f'{pad}unless defined(File["${{libdir}}/{folder}"]) {{')
                body.append(f"{pad}  file {{ \"${{libdir}}/{folder}\": ensure => directory, mode => '0755' }}")
                body.append(f"{pad}}}")
            else:
                body.append(f"{pad}file {{ \"${{libdir}}/{folder}\": ensure => directory, mode => '0755' }}")
                declared.add(folder)
        body += _resources(part, name, pad)
        lines += [f"    if ${side} {{", *body, "    }"] if side else body
    return "\n".join([*lines, "  }", "}", ""])


def _resources(part: Part, module: str, pad: str) -> list[str]:
    lines = []
    for name, file in part.files.items():
        lines += [
            f'{pad}file {{ "${{libdir}}/{name}":',
            f"{pad}  ensure => file,",
            f"{pad}  mode   => '{file_mode(file):04o}',",
            f"{pad}  source => 'puppet:///modules/{module}/{part.word}/{name}',",
            f"{pad}}}",
        ]
    return lines


def _metadata(parcel: Parcel) -> dict[str, object]:
    data = parcel.metadata
    return {
        "name": f"{vendor_word(parcel)}-{module_name(parcel)}",
        "version": semantic(parcel.version),
        "author": data.author or parcel.vendor,
        "summary": parcel.summary[:144],
        "license": data.license or "unknown",
        "source": data.url,
        "project_page": data.url,
        "dependencies": [],
        "requirements": [{"name": "puppet", "version_requirement": ">= 6.0.0"}],
    }


def _readme(parcel: Parcel) -> str:
    name = module_name(parcel)
    packed = "".join(f"* `{part.word}`: {part.what}\n" for part in parcel.parts)
    return (
        f"# {name}\n\n{parcel.summary}. The plugin {parcel.metadata.name} {parcel.version} for mcollective_py.\n\n"
        f"```puppet\ninclude {name}                 # a host\n"
        f"class {{ '{name}': client => true, service => 'mcollectived' }}\n```\n\n"
        f"Its files go below `{parcel.folder}` (the parameter `libdir`), which "
        f"`libdir` of server.cfg and client.cfg must name:\n\n{packed}"
    )
