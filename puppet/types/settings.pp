# @summary Lines of server.cfg, client.cfg or plugin.d/NAME.cfg by their names.
#
# A list is written with commas. docs/configuration.md has every name with its type.
type Mcollective_py::Settings = Hash[
  Pattern[/\A[A-Za-z][A-Za-z0-9_.-]{0,127}\z/],
  Variant[Boolean, Numeric, Pattern[/\A[^\x00-\x1f\x7f]*\z/], Array[Pattern[/\A[^\x00-\x1f\x7f,]+\z/]]],
]
