package eximtest

// configuration is all of Exim's. DKIM is not verified by it, as it would ask the world's DNS.
const configuration = `
primary_hostname = relay.example.com
spool_directory = DIR
log_file_path = DIR/%slog
pid_file_path = DIR/exim.pid
notifier_socket =
keep_environment =
dkim_verify_signers =
dsn_advertise_hosts = *
tls_advertise_hosts = *
tls_certificate = DIR/cert.pem
tls_privatekey = DIR/key.pem
auth_advertise_hosts = ${if def:tls_in_cipher{*}{}}
acl_smtp_rcpt = rcpt

begin acl
rcpt:
  deny    !authenticated = *
          message = 550 5.7.1 log in first
  defer   local_parts = grey
          condition = ${if !exists{DIR/seen}}
          set acl_m_seen = ${run{/usr/bin/touch DIR/seen}}
          message = 451 4.7.1 come again
  accept

begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = out

begin transports
out:
  driver = smtp
  port = RELAY
  allow_localhost
  hosts_avoid_tls = *

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{usher}}{eq{$auth3}{secret}}}}
  server_set_id = $auth2
`
