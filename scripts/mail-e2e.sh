#!/usr/bin/env bash
# Sends and fetches real mail: a Postfix and a Dovecot of our own on the loopback, the built program between them, and mail_e2e.py, which writes to it,
# kills it in the middle and counts. On the embedded store, or on MongoDB where SORI_TEST_MONGO_URI is set. Needs root and the Debian packages postfix, dovecot-imapd and dovecot-lmtpd, which it installs if apt-get is there.
#
#   scripts/mail-e2e.sh [--mails N] [--bulk N]
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
	echo "mail-e2e: needs root to run Postfix and Dovecot" >&2
	exit 2
fi
if ! command -v postfix >/dev/null || ! command -v dovecot >/dev/null || [ ! -x /usr/lib/dovecot/lmtp ]; then
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q >/dev/null
	apt-get install -y -q postfix dovecot-imapd dovecot-lmtpd >/dev/null
fi

dir=$(mktemp -d /tmp/sori-mail.XXXXXX) # short: the name of a socket has 108 bytes at most
chmod 755 "$dir"
read -r smtp imap lmtp < <(python3 - <<'PORTS'
import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PORTS
)
sori_lmtp=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

dovecot_conf() {
	mkdir -p "$dir/run" "$dir/mail" "$dir/state"
	printf 'voc:{PLAIN}secret::::::\nbulk:{PLAIN}secret::::::\n' >"$dir/passwd"
	cat >"$dir/dovecot.conf" <<CONF
base_dir = $dir/run
state_dir = $dir/state
log_path = $dir/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
mail_location = maildir:$dir/mail/%n
first_valid_uid = 1
first_valid_gid = 1
namespace inbox {
  inbox = yes
  mailbox Done {
    auto = create
  }
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%n $dir/passwd
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$dir/mail/%n allow_all_users=yes
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  user = nobody
  inet_listener lmtp {
    address = 127.0.0.1
    port = $lmtp
  }
}
service stats {
  chroot =
}
protocol lmtp {
  auth_username_format = %Ln
}
CONF
	chown -R nobody:nogroup "$dir/run" "$dir/mail" "$dir/state" "$dir/passwd" "$dir/dovecot.conf"
	touch "$dir/dovecot.log"
	chown nobody "$dir/dovecot.log"
}

# shop.test and customer.test are in Dovecot's hands, lmtp.test in ours; what goes to bounced.test is taken and comes back, what goes to refused.test is refused.
postfix_conf() {
	mkdir -p "$dir/postfix" "$dir/spool" "$dir/data"
	chown postfix "$dir/data"
	cat >"$dir/postfix/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $dir/spool
data_directory = $dir/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
sendmail_path = /usr/sbin/sendmail
mailq_path = /usr/bin/mailq
newaliases_path = /usr/bin/newaliases
setgid_group = postdrop
mail_owner = postfix
myhostname = mx.shop.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:no local mail
relay_domains = shop.test customer.test lmtp.test bounced.test
transport_maps = inline:{ { shop.test = lmtp:inet:127.0.0.1:$lmtp }, { customer.test = lmtp:inet:127.0.0.1:$lmtp }, { lmtp.test = lmtp:inet:127.0.0.1:$sori_lmtp }, { bounced.test = error:5.1.1 no such user } }
smtpd_recipient_restrictions = check_recipient_access inline:{ { refused.test = 550 5.1.1 no such user } }, permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
smtp_host_lookup = native
maillog_file = $dir/postfix.log
maillog_file_prefixes = /var, /dev/stdout, $dir
recipient_delimiter = +
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
transport_retry_time = 2s
default_destination_concurrency_failed_cohort_limit = 1000
smtpd_client_connection_count_limit = 0
lmtp_destination_concurrency_limit = 20
CONF
	cat >"$dir/postfix/master.cf" <<CONF
127.0.0.1:$smtp inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
CONF
	postfix -c "$dir/postfix" set-permissions create-missing >/dev/null 2>&1 || true
}

dovecot_pid=
postfix_pid=
finish() {
	status=$?
	if [ -n "$postfix_pid" ]; then
		postfix -c "$dir/postfix" stop >/dev/null 2>&1 || true
		wait "$postfix_pid" 2>/dev/null || true
	fi
	if [ -n "$dovecot_pid" ]; then
		kill "$dovecot_pid" 2>/dev/null || true
		wait "$dovecot_pid" 2>/dev/null || true
	fi
	if [ "$status" != 0 ]; then
		for log in "$dir"/sori.log "$dir"/postfix.log "$dir"/dovecot.log; do
			echo "--- $log" && grep -v '"msg":"request"' "$log" 2>/dev/null | tail -20 || true
		done
	fi
	if [ -z "${SORI_KEEP:-}" ]; then rm -rf "$dir"; else echo "kept: $dir"; fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -n "${SORI_TEST_MONGO_URI:-}" ]; then
	export SORI_MONGO_URI=$SORI_TEST_MONGO_URI SORI_MONGO_DATABASE=sori_mail_$$
fi
export SORI_BIN=${SORI_BIN:-bin/sori}
[ -x "$SORI_BIN" ] || make build
dovecot_conf
postfix_conf
setpriv --reuid=nobody --regid=nogroup --clear-groups dovecot -F -c "$dir/dovecot.conf" &
dovecot_pid=$!
postfix -c "$dir/postfix" start-fg >"$dir/postfix.out" 2>&1 &
postfix_pid=$!
python3 scripts/mail_e2e.py --dir "$dir" --smtp "$smtp" --imap "$imap" --lmtp "$sori_lmtp" "$@"
