package imap

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sori/domain"
)

const dovecotConfig = `base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
mail_location = maildir:DIR/mail/%n
first_valid_uid = 1
first_valid_gid = 1
namespace inbox {
  inbox = yes
  mailbox Archive {
    auto = create
  }
}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=DIR/mail/%n
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = PORT
  }
  inet_listener imaps {
    port = 0
  }
}
service stats {
  chroot =
}
`

// dovecot starts a real IMAP server for a test, and gives its address and its directory. It skips the test where there is none.
func dovecot(t *testing.T) (addr, dir string, own func(path string)) {
	t.Helper()
	binary, err := exec.LookPath("dovecot")
	nobody, noUser := user.Lookup("nobody")
	if err != nil || noUser != nil || os.Getuid() != 0 {
		t.Skip("needs root and Dovecot (Debian: dovecot-imapd)")
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	if dir, err = os.MkdirTemp("/tmp", "sori-imap"); err != nil { // short: the name of a socket has 108 bytes at most
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	own = func(path string) {
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	own(dir)
	for _, name := range []string{"run", "state", "mail", "mail/voc", "mail/voc/new", "mail/voc/cur", "mail/voc/tmp"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		own(filepath.Join(dir, name))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	config := strings.NewReplacer("DIR", dir, "PORT", port).Replace(dovecotConfig)
	if err := os.WriteFile(filepath.Join(dir, "dovecot.conf"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-F", "-c", filepath.Join(dir, "dovecot.conf"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return addr, dir, own
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "dovecot.log"))
			t.Skipf("Dovecot does not start here: %s", log)
		}
	}
}

func TestDovecot(t *testing.T) {
	t.Parallel()
	addr, dir, own := dovecot(t)
	put := func(from, to int) { // by way of tmp, as a Maildir wants it: Dovecot takes up what is in new at once
		for i, m := range letters(from, to) {
			name := fmt.Sprintf("17000%05d.M1P1.test", from+i)
			written := filepath.Join(dir, "mail/voc/tmp", name)
			if err := os.WriteFile(written, []byte(m), 0o600); err != nil {
				t.Fatal(err)
			}
			own(written)
			if err := os.Rename(written, filepath.Join(dir, "mail/voc/new", name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	files := func(folder string) int {
		list, err := filepath.Glob(filepath.Join(dir, "mail/voc", folder, "[cn][ue][rw]", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	put(0, 600)
	s := newSetup(t, addr, func(m *domain.Mailbox) { m.After, m.MoveTo = domain.AfterMove, "Archive" })
	stop := s.fetch("a", func(c *Config) { c.Lease = 5 * time.Second })
	s.eventually("all are taken in and moved", func() bool { return s.state().Taken == 600 && files(".Archive") == 600 && files("") == 0 })
	put(600, 620)
	s.eventually("so are those that come while it waits", func() bool { return s.state().Taken == 620 && files(".Archive") == 620 })
	stop()
	put(620, 640)
	s.fetch("b")
	s.eventually("and those that came meanwhile", func() bool { return s.state().Taken == 640 && s.state().Node == "b" })
	if st := s.state(); st.Duplicates != 0 || s.desk.has() != 640 {
		t.Errorf("state %+v, %d mails", st, s.desk.has())
	}
}
