#!/usr/bin/perl
# The agent account. The request is a JSON file, and so is the reply; die() gives the message of a failure.
use strict;
use warnings;
use JSON::PP;

my ($request_file, $reply_file) = @ARGV;

open(my $in, '<', $request_file) or die "cannot read the request: $!\n";
my $request = decode_json(do { local $/; <$in> });
close($in);

my %actions = (lookup => \&lookup);
my $action = $actions{ $request->{action} } or fail(2, "account has no action $request->{action}");
my $reply = $action->($request->{data});

open(my $out, '>', $reply_file) or die "cannot write the reply: $!\n";
print $out encode_json($reply);
close($out) or die "cannot write the reply: $!\n";

sub lookup {
    my ($inputs) = @_;
    my @entry = getpwnam($inputs->{user}) or fail(1, "there is no account $inputs->{user}");
    my @groups;
    while (my ($name, undef, undef, $members) = getgrent()) {
        push @groups, $name if grep { $_ eq $inputs->{user} } split(' ', $members);
    }
    return { uid => $entry[2] + 0, home => $entry[7], shell => $entry[8], groups => [ sort @groups ] };
}

sub fail {
    my ($code, $message) = @_;
    print STDERR "$message\n";
    exit($code);
}
