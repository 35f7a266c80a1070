"""Versions as dpkg and as rpm order them. They are the data plugin's, which loads without the agent."""

from .data.package.versions import COMPARE, OPERATORS, compare_dpkg, compare_rpm, sort_key, version_holds

__all__ = ["COMPARE", "OPERATORS", "compare_dpkg", "compare_rpm", "sort_key", "version_holds"]
