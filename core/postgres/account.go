package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the system user that the server runs as. The zero value is the user of this process.
type account struct {
	uid, gid uint32
	name     string
}

func (a account) other() bool { return a != account{} }

func (a account) credential() *syscall.Credential {
	if !a.other() {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

func isRoot() bool { return os.Geteuid() == 0 }

// serverAccount decides who runs the server: this user, or for root (which PostgreSQL refuses) the owner of the data
// when there is some, else the system's postgres, else nobody.
func serverAccount(data string) (account, error) {
	if !isRoot() {
		return account{}, nil
	}
	if info, err := os.Stat(data); err == nil {
		owner := info.Sys().(*syscall.Stat_t)
		if owner.Uid != 0 {
			return account{owner.Uid, owner.Gid, "uid " + strconv.Itoa(int(owner.Uid))}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return account{}, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return account{}, err
		}
		return account{uint32(uid), uint32(gid), name}, nil
	}
	return account{}, errors.New("postgres: PostgreSQL does not run as root, and there is no system user postgres or nobody")
}

// reach checks that the account can get into dir, as root's own folders cannot be entered by others.
func (a account) reach(dir string) error {
	if !a.other() {
		return nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		bit := os.FileMode(0o001)
		switch {
		case st.Uid == a.uid:
			bit = 0o100
		case st.Gid == a.gid:
			bit = 0o010
		}
		if info.Mode().Perm()&bit == 0 {
			return fmt.Errorf("postgres: started by root the server runs as %s, which may not enter %s; "+
				"use a directory outside of it, such as /var/tmp/usher (USHER_DATA_DIR)", a.name, at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// own makes dir for the account alone.
func (a account) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if !a.other() {
		return os.Chmod(dir, 0o700)
	}
	return errors.Join(os.Chmod(dir, 0o700), os.Chown(dir, int(a.uid), int(a.gid)))
}

// ownedByUs refuses a directory that somebody else made or everybody can write to: its content would be theirs to
// choose. So would that of a directory below one that somebody else made in a place such as /tmp. Group write is let
// pass, because a umask of 0002 with a group per user is common.
func ownedByUs(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if owner(info) != os.Geteuid() || info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("postgres: %s must belong to uid %d and not be writable by everybody", dir, os.Geteuid())
	}
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		parent, err := os.Stat(filepath.Dir(at))
		if err != nil {
			return err
		}
		if uid := owner(info); parent.Mode().Perm()&0o002 != 0 && uid != 0 && uid != os.Geteuid() {
			return fmt.Errorf("postgres: %s belongs to uid %d and lies where everybody can write", at, uid)
		}
		info = parent
	}
	return nil
}

func owner(info os.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }
