# What Debian's mcollective 2.12.5 needs to run on its own Ruby 3.1. Loaded with RUBYOPT=-r before anything else.
#
# Psych 4 (Ruby 3.1) took the positional arguments of YAML.safe_load away: permitted classes, permitted symbols, aliases, file name.
# MCollective still gives them, so that each call raises ArgumentError. With it go the yaml facts source (every fact filter then sees
# a host without facts) and the ssl and aes_security plugins with the yaml serializer (nothing can be decoded). Given by name they
# mean the same as ever, so neither what is written nor what is accepted on the wire changes: up to Ruby 3.0 these were the very
# same calls.
#
# No mend is here for MCollective::Shell#runcommand (it expects a `thread` that newer systemu does not give): no test agent runs commands.

require "yaml"

module PositionalSafeLoad
  NAMES = %i[permitted_classes permitted_symbols aliases filename].freeze

  def safe_load(yaml, *positional, **named)
    super(yaml, **NAMES.zip(positional).first(positional.size).to_h, **named)
  end
end

Psych.singleton_class.prepend(PositionalSafeLoad)
