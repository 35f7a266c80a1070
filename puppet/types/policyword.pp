# @summary What one column of a policy holds; a list is any of its words.
type Mcollective_py::Policyword = Variant[Pattern[/\A[^\x00-\x1f\x7f]+\z/], Array[Pattern[/\A[^\x00-\x20\x7f]+\z/], 1]]
