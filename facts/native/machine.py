"""Memory, processors, load, uptime, mount points, and whether the machine is a virtual one."""

import os
import time
from pathlib import Path
from typing import Any

import psutil

from .readable import amount, pairs, share, text_of

# What a virtual machine's firmware calls itself -> Facter's word.
_PRODUCTS = (
    ("VMware", "vmware"),
    ("VirtualBox", "virtualbox"),
    ("Parallels", "parallels"),
    ("Google", "gce"),
    ("Microsoft Corporation Virtual Machine", "hyperv"),
    ("Xen", "xenhvm"),
    ("HVM domU", "xenhvm"),
    ("oVirt", "ovirt"),
    ("OpenStack", "openstack"),
    ("Amazon EC2", "kvm"),
    ("KVM", "kvm"),
    ("QEMU", "kvm"),
    ("Bochs", "kvm"),
)


def machine_facts() -> dict[str, Any]:
    """memory, processors, load_averages, system_uptime, mountpoints, dmi, virtual and is_virtual of this host."""
    cpuinfo = text_of("/proc/cpuinfo")
    dmi = dmi_facts("/sys/class/dmi/id")
    virtual = virtual_kind(dmi, cpuinfo)
    return {
        "memory": memory_facts(),
        "processors": processor_facts(cpuinfo, psutil.cpu_count() or 1, psutil.cpu_count(logical=False)),
        "load_averages": dict(zip(("1m", "5m", "15m"), (round(load, 2) for load in os.getloadavg()), strict=True)),
        "system_uptime": uptime_facts(int(time.clock_gettime(time.CLOCK_BOOTTIME))),
        "mountpoints": mountpoint_facts(),
        **({"dmi": dmi} if dmi else {}),
        "virtual": virtual,
        "is_virtual": virtual != "physical",
    }


def memory_facts() -> dict[str, Any]:
    """memory.system, and memory.swap where there is any."""
    system, swap = psutil.virtual_memory(), psutil.swap_memory()
    facts = {"system": _usage(system.total, system.available)}
    return {**facts, "swap": _usage(swap.total, swap.free)} if swap.total else facts


def processor_facts(cpuinfo: str, count: int, cores: int | None) -> dict[str, Any]:
    """count and models of logical processors, physicalcount of packages, cores in each package."""
    models, packages = [], set()
    for block in cpuinfo.split("\n\n"):
        said = pairs(block, ":")
        if model := said.get("model name") or said.get("cpu model"):
            models.append(model)
        if package := said.get("physical id"):
            packages.add(package)
    physical = len(packages) or 1
    facts: dict[str, Any] = {"count": count, "models": models, "physicalcount": physical}
    if cores:
        facts |= {"cores": max(1, cores // physical), "threads": max(1, count // cores)}
    return facts


def uptime_facts(seconds: int) -> dict[str, Any]:
    """seconds, hours, days, and the whole in words as Facter has it."""
    hours, days = seconds // 3600, seconds // 86400
    words = f"{hours}:{seconds % 3600 // 60:02d} hours" if days == 0 else "1 day" if days == 1 else f"{days} days"
    return {"seconds": seconds, "hours": hours, "days": days, "uptime": words}


def mountpoint_facts() -> dict[str, Any]:
    """Local file systems by mount point; network ones are not asked, since a dead server would hold the answer for ever."""
    facts: dict[str, Any] = {}
    for part in psutil.disk_partitions(all=False):
        try:
            usage = psutil.disk_usage(part.mountpoint)
        except OSError:
            continue
        facts[part.mountpoint] = {
            "device": part.device,
            "filesystem": part.fstype,
            "options": part.opts.split(","),
            "size": amount(usage.total),
            "size_bytes": usage.total,
            "available": amount(usage.free),
            "available_bytes": usage.free,
            "used": amount(usage.used),
            "used_bytes": usage.used,
            "capacity": share(usage.used, usage.used + usage.free),
        }
    return facts


def dmi_facts(folder: str) -> dict[str, Any]:
    """manufacturer and product.name, as the firmware says them; empty where there is none."""
    vendor, product = (text_of(str(Path(folder) / name)).strip() for name in ("sys_vendor", "product_name"))
    return {**({"manufacturer": vendor} if vendor else {}), **({"product": {"name": product}} if product else {})}


def virtual_kind(dmi: dict[str, Any], cpuinfo: str, root: str = "/") -> str:
    """`physical`, or what the machine runs in: a container's kind, a hypervisor's, `unknown` where only the processor tells of one."""
    base = Path(root)
    if (base / ".dockerenv").exists():
        return "docker"
    if (base / "run/.containerenv").exists():
        return "podman"
    for entry in text_of(str(base / "proc/1/environ")).split("\0"):
        if entry.startswith("container=") and entry != "container=":
            return entry.removeprefix("container=").replace("-", "_")
    if (base / "proc/vz").exists() and not (base / "proc/bc").exists():
        return "openvzve"
    named = f"{dmi.get('manufacturer', '')} {dmi.get('product', {}).get('name', '')}"
    for word, kind in _PRODUCTS:
        if word in named:
            return kind
    if text_of(str(base / "sys/hypervisor/type")).strip() == "xen":
        return "xenu"
    flags = pairs(cpuinfo.split("\n\n")[0], ":").get("flags", "").split()
    return "unknown" if "hypervisor" in flags else "physical"


def _usage(total: int, available: int) -> dict[str, Any]:
    used = total - available
    return {
        "total": amount(total),
        "total_bytes": total,
        "available": amount(available),
        "available_bytes": available,
        "used": amount(used),
        "used_bytes": used,
        "capacity": share(used, total),
    }
