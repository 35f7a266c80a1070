# Ruby's own serializers behind a pipe: what they make of bytes, as rubyprocess.py asks.
#
# A message either way: four bytes with its length (big-endian), then items, each with four bytes of its own length before it. The
# first item of a question is a command, the last method here has them all. An end of the input ends the process.

require "bigdecimal"
require "date"
require "digest"
require "set"
require "yaml"

$stdin.binmode
$stdout.binmode

READ_YAML = ->(text) { YAML.safe_load(text, permitted_classes: [Symbol, Regexp]) }

SERIALIZERS = {
  "marshal" => [->(text) { Marshal.load(text) }, ->(value) { Marshal.dump(value) }],
  "yaml" => [READ_YAML, ->(value) { YAML.dump(value) }],
  "yaml, only read" => [READ_YAML, ->(_) { "" }]
}

# The text of a value that canonical() in rubyvalues.py gives, too.
def canonical(value, out = String.new)
  case value
  when nil then out << "n"
  when true then out << "t"
  when false then out << "f"
  when Integer then out << "i#{value};"
  when Float then out << (value.nan? ? "dnan" : "d#{[value].pack('G').unpack1('H*')}")
  when Symbol then sized(out, "y", value.to_s.encode("UTF-8"))
  when Regexp then sized(out, "r#{value.options & 7},", value.source.encode("UTF-8"))
  when String
    text = text_of(value)
    text ? sized(out, "s", text) : sized(out, "b", value)
  when Array
    out << "["
    value.each { |item| canonical(item, out) }
    out << "]"
  when Hash
    out << "{"
    value.each { |key, item| canonical(item, canonical(key, out)) }
    out << "}"
  else raise TypeError, "#{value.class} is no plain type"
  end
  out
end

def sized(out, kind, text)
  out << kind << text.bytesize.to_s << ":" << text.b
end

# UTF-8, or nil for what is bytes.
def text_of(string)
  return nil if string.encoding == Encoding::BINARY || !string.valid_encoding?

  string.encode("UTF-8")
end

ENCODINGS = %w[ISO-8859-1 UTF-16LE Shift_JIS US-ASCII Windows-1252 EUC-JP UTF-32BE KOI8-R GB18030 ISO-8859-2 UTF-16BE Windows-31J
               Windows-1251 Big5 EUC-KR GBK].freeze

# The same value as other Ruby programs may have it: what is equal is one object, text has other encodings, hashes have defaults.
def vary(value, same)
  case value
  when Symbol then other_encoding(value.to_s).to_sym
  when String, Array, Hash, Float
    same[canonical(value)] ||= begin
      case value
      when String then other_encoding(value).freeze
      when Array then value.map { |item| vary(item, same) }
      when Hash
        varied = value.size.odd? ? Hash.new(value.size) : {}
        value.each { |key, item| varied[vary(key, same)] = vary(item, same) }
        varied
      else value
      end
    end
  else value
  end
end

def other_encoding(string)
  if string.encoding == Encoding::BINARY
    broken = string.dup.force_encoding("UTF-8")
    return broken.valid_encoding? ? string : broken
  end
  encoding = ENCODINGS[string.sum % ENCODINGS.size]
  other = string.encode(encoding)
  other.encode("UTF-8") == string ? other : string
rescue EncodingError
  string
end

# What Ruby loads and writes of each text: its canonical text, its own dump, and a dump of the value varied; or why it does not.
def compare(serializer, texts)
  load, dump = SERIALIZERS.fetch(serializer)
  texts.flat_map do |text|
    value = load.call(text)
    [canonical(value), dump.call(value), serializer == "marshal" ? dump.call(vary(value, {})) : ""]
  rescue StandardError => error
    ["!#{error.class}: #{error.message}", "", ""]
  end
end

Point = Struct.new(:x, :y)

class Thing
  def initialize
    @a = 1
  end
end

class Text < String; end

class Table < Hash; end

module Extra; end

# Names and dumps of what is no plain data.
def objects
  circle = []
  circle << circle
  marked = +"text"
  marked.instance_variable_set(:@mark, 1)
  {
    "struct" => Point.new(1, 2), "object" => Thing.new, "class" => Thing, "module" => Extra, "string of a class" => Text.new("a"),
    "hash of a class" => Table[1, 2], "extended" => (+"a").extend(Extra), "time" => Time.at(0), "date" => Date.new(2024, 1, 1),
    "rational" => Rational(1, 3), "complex" => Complex(1, 2), "set" => Set[1], "range" => (1..2), "exception" => IOError.new("a"),
    "big decimal" => BigDecimal("1.5"), "by identity" => {}.compare_by_identity, "circle" => circle, "marked string" => marked,
    "inside" => { a: [1, { "b" => Thing.new }] }
  }.flat_map { |name, value| [name, Marshal.dump(value)] }
end

# Seconds that so many loads of each text take.
def load_times(serializer, count, texts)
  load = SERIALIZERS.fetch(serializer).first
  texts.map do |text|
    seconds { count.times { load.call(text) } }
  end
end

# Seconds for reading and checking a message of the psk plugin so many times, by what that does: two loads, one MD5, one comparison.
def psk_time(count, psk, payload)
  [seconds do
    count.times do
      envelope = Marshal.load(payload)
      raise "the digest differs" unless Digest::MD5.hexdigest(envelope[:body].to_s + psk) == envelope[:hash]

      envelope[:body] = Marshal.load(envelope[:body])
    end
  end]
end

def seconds
  started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  yield
  (Process.clock_gettime(Process::CLOCK_MONOTONIC) - started).to_s
end

def answer(command, *items)
  case command
  when "compare" then compare(items.shift, items)
  when "objects" then objects
  when "load times" then load_times(items.shift, items.shift.to_i, items)
  when "psk time" then psk_time(items[0].to_i, items[1], items[2])
  else raise ArgumentError, command
  end
end

while (header = $stdin.read(4))
  message = $stdin.read(header.unpack1("N"))
  items = []
  at = 0
  while at < message.bytesize
    size = message.byteslice(at, 4).unpack1("N")
    items << message.byteslice(at + 4, size)
    at += 4 + size
  end
  out = answer(*items).map { |item| [item.bytesize].pack("N") << item.b }.join
  $stdout.write([out.bytesize].pack("N"), out)
  $stdout.flush
end
