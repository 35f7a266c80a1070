# @summary A line of a policy file; its columns are parted by TABs.
#
# @param row
#   The line.
# @return
#   The text with its end.
function mcollective_py::policy_line(Mcollective_py::Policyrow $row) >> String {
  $columns = ['callers', 'actions', 'facts', 'classes'].map |$name| {
    $row[$name] ? {
      undef   => '*',
      Array   => $row[$name].join(' '),
      default => $row[$name],
    }
  }
  $inputs = $row['inputs'] ? {
    undef   => [],
    Array   => [$row['inputs'].join(' ')],
    default => [$row['inputs']],
  }
  "${([$row['action']] + $columns + $inputs).join("\t")}\n"
}
