"""The DDL of an agent that there is nowhere but in tests: one action, one bounded input, one output."""

METADATA = 'metadata: {name: shelf, description: D, author: A, license: L, version: "1", url: U, timeout: 5}\n'
ACTIONS = """\
actions:
  - action: put
    description: Puts something down
    input:
      what: {prompt: P, description: D, type: string, maxlength: 5}
    output:
      here: {description: D, display_as: H}
"""
DDL = METADATA + ACTIONS
