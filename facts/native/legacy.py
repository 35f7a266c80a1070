"""The flat facts of old, made from the structured ones: `-F osfamily=Debian` is what people type."""

import re
from collections.abc import Mapping
from typing import Any

_FLAT = {
    "architecture": "os.architecture",
    "hardwaremodel": "os.hardware",
    "operatingsystem": "os.name",
    "operatingsystemrelease": "os.release.full",
    "operatingsystemmajrelease": "os.release.major",
    "osfamily": "os.family",
    "selinux": "os.selinux.enabled",
    "lsbdistid": "os.distro.id",
    "lsbdistcodename": "os.distro.codename",
    "lsbdistdescription": "os.distro.description",
    "lsbdistrelease": "os.distro.release.full",
    "lsbmajdistrelease": "os.distro.release.major",
    "lsbminordistrelease": "os.distro.release.minor",
    "hostname": "networking.hostname",
    "domain": "networking.domain",
    "fqdn": "networking.fqdn",
    "ipaddress": "networking.ip",
    "ipaddress6": "networking.ip6",
    "macaddress": "networking.mac",
    "netmask": "networking.netmask",
    "netmask6": "networking.netmask6",
    "network": "networking.network",
    "network6": "networking.network6",
    "memorysize": "memory.system.total",
    "memoryfree": "memory.system.available",
    "swapsize": "memory.swap.total",
    "swapfree": "memory.swap.available",
    "processorcount": "processors.count",
    "physicalprocessorcount": "processors.physicalcount",
    "uptime": "system_uptime.uptime",
    "uptime_seconds": "system_uptime.seconds",
    "uptime_hours": "system_uptime.hours",
    "uptime_days": "system_uptime.days",
    "id": "identity.user",
    "gid": "identity.group",
    "manufacturer": "dmi.manufacturer",
    "productname": "dmi.product.name",
}
_MEGABYTES = {
    "memorysize_mb": "memory.system.total_bytes",
    "memoryfree_mb": "memory.system.available_bytes",
    "swapsize_mb": "memory.swap.total_bytes",
    "swapfree_mb": "memory.swap.available_bytes",
}
_OF_INTERFACE = {
    "ipaddress": "ip",
    "ipaddress6": "ip6",
    "macaddress": "mac",
    "netmask": "netmask",
    "netmask6": "netmask6",
    "network": "network",
    "network6": "network6",
    "mtu": "mtu",
}


def legacy_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The flat facts that the structured ones hold an answer for."""
    flat = {name: value for name, path in _FLAT.items() if (value := _at(facts, path)) is not None}
    flat |= {name: value / 1024**2 for name, path in _MEGABYTES.items() if (value := _at(facts, path)) is not None}
    flat |= {f"processor{number}": model for number, model in enumerate(_at(facts, "processors.models") or ())}
    interfaces = {re.sub(r"\W", "_", name): own for name, own in (_at(facts, "networking.interfaces") or {}).items()}
    flat["interfaces"] = ",".join(interfaces)
    for interface, own in interfaces.items():
        flat |= {f"{name}_{interface}": own[key] for name, key in _OF_INTERFACE.items() if key in own}
    return flat


def _at(facts: Mapping[str, Any], path: str) -> Any:
    value: Any = facts
    for word in path.split("."):
        value = value.get(word) if isinstance(value, Mapping) else None
    return value
