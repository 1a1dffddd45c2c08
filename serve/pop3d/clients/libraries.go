package clients

import "testing"

// options writes what a script has to know, as JSON, and gives the file.
func (p place) options(t testing.TB) string {
	t.Helper()
	return p.config(t, "fetch.json", `{"port": %q, "mode": %q, "ca": %q, "user": %q, "password": %q, "out": %q, "utf8": %t}`,
		p.port, p.mode, p.ca, p.User, p.Password, p.out, p.UTF8)
}

// perlScript puts back the CR that Net::POP3 takes off each line; over TLS it
// takes none, and so much time that TOP is asked for in clear only.
const perlScript = `
use strict; use warnings;
use JSON::PP; use Net::POP3;
sub slurp { local (@ARGV, $/) = @_; <> }
my $o = decode_json(slurp($ARGV[0]));
my %tls = (SSL_ca_file => $o->{ca}, SSL_verify_mode => 1);
my $c = Net::POP3->new("localhost", Port => $o->{port}, Timeout => 60, $o->{mode} eq "tls" ? (SSL => 1, %tls) : ()) or die "connect: $@";
if ($o->{mode} eq "stls") { $c->starttls(%tls) or die "STLS: $@" }
my $count = $c->login($o->{user}, $o->{password});
defined $count or die "login: " . $c->message;
my ($stat, $octets) = $c->popstat;
my ($sizes, $uids, $sum) = ($c->list, $c->uidl, 0);
$sum += $_ for values %$sizes;
die "STAT and LIST differ" if $stat != keys %$sizes || $sum != $octets;
die "UIDL is not LIST" if $stat != keys %$uids;
for my $n (sort { $a <=> $b } keys %$sizes) {
	my $body = join "", @{$c->get($n)};
	die "TOP $n is not RETR" if $o->{mode} eq "plain" && $body ne join "", @{$c->top($n, 99999999)};
	$body =~ s/\n/\r\n/g if $o->{mode} eq "plain";
	die "LIST $n is not what was sent" if length($body) != $sizes->{$n};
	open my $f, ">:raw", "$o->{out}/$n," . unpack("H*", $uids->{$n}) or die $!;
	print $f $body; close $f or die $!;
}
$c->quit;
`

func perl(t testing.TB, p place) {
	p.command(t, "perl", p.config(t, "fetch.pl", "%s", perlScript), p.options(t))
}

// rubyScript leaves STLS out: net/pop has none.
const rubyScript = `
require "json"
require "net/pop"
o = JSON.parse(File.read(ARGV[0]))
pop = Net::POP3.new("localhost", o["port"].to_i)
pop.enable_ssl(OpenSSL::SSL::VERIFY_PEER, o["ca"]) if o["mode"] == "tls"
pop.start(o["user"], o["password"]) do |c|
  mails = c.mails
  raise "STAT and LIST differ" if [mails.size, mails.sum(&:length)] != [c.n_mails, c.n_bytes]
  mails.each do |m|
    body = m.pop
    raise "LIST #{m.number} is not what was sent" if body.bytesize != m.length
    raise "TOP #{m.number} is not RETR" if m.top(99999999) != body
    File.binwrite("#{o["out"]}/#{m.number},#{m.unique_id.unpack1("H*")}", body)
  end
end
`

func ruby(t testing.TB, p place) {
	p.command(t, "ruby", p.config(t, "fetch.rb", "%s", rubyScript), p.options(t))
}

// nodeScript takes out the dot-stuffing and puts back the last line end, because
// node-pop3 leaves the one in and cuts the other off. It reads the streams by
// itself: RETR would make UTF-8 of all octets.
const nodeScript = `
const fs = require("fs"), Pop3 = require("node-pop3");
const o = JSON.parse(fs.readFileSync(process.argv[2]));
const c = new Pop3({user: o.user, password: o.password, host: "localhost", port: Number(o.port),
	tls: o.mode === "tls", tlsOptions: {ca: fs.readFileSync(o.ca)}, timeout: 60000});
async function octets(...command) {
	const [, stream] = await c.command(...command), all = [];
	for await (const chunk of stream) all.push(chunk);
	const body = Buffer.concat(all).toString("latin1");
	return body === "" ? body : body.split("\r\n").map(l => l.replace(/^\./, "") + "\r\n").join("");
}
(async () => {
	const uids = await c.UIDL(), sizes = new Map(await c.LIST());
	for (const [n, uid] of uids) {
		const body = await octets("RETR", n);
		if (body.length !== Number(sizes.get(n))) throw Error("LIST " + n + " is not what was sent: " + body.length);
		fs.writeFileSync(o.out + "/" + n + "," + Buffer.from(uid).toString("hex"), body, "latin1");
	}
	await c.QUIT();
})().catch(e => { console.error(e); process.exit(1); });
`

// node is told by NODE_PATH where node-pop3 is.
func node(t testing.TB, p place) {
	p.command(t, "node", p.config(t, "fetch.cjs", "%s", nodeScript), p.options(t))
}
