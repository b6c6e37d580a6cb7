#!/usr/bin/perl
use LWP::UserAgent;
my $ua = LWP::UserAgent->new;
$ua->default_header(Authorization => "token $ENV{TOKEN}");
my $answer = $ua->post("$ENV{GITEA_URL}/api/v1/repos/acme/core/issues", Content => '{"title":"x"}');
die $answer->status_line unless $answer->is_success;
