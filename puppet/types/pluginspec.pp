# @summary The parameters of mcollective_py::plugin, for a hash of them.
type Mcollective_py::Pluginspec = Struct[{
  Optional['ensure']  => Enum['present', 'absent'],
  Optional['type']    => Enum['agents', 'data', 'facts', 'validators', 'aggregates', 'discovery'],
  Optional['source']  => Pattern[/\Apuppet:\/\/\//, /\A\//],
  Optional['package'] => String[1],
  Optional['config']  => Mcollective_py::Settings,
  Optional['policy']  => Mcollective_py::Policy,
}]
