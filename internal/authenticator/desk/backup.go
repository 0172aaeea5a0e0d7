package desk

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
	"countersign/seal"
)

// What can be wrong with the backup of this device.
var (
	// ErrNoBackup: it is off.
	ErrNoBackup = errors.New("the cloud backup is off")
	// ErrBackupOn: it is on already.
	ErrBackupOn = errors.New("the cloud backup is on")
	// ErrNeedsKey: the place has a backup, which a recovery key has to open.
	ErrNeedsKey = errors.New("the place has a backup already")
	// ErrAsks: other devices removed many accounts, and the person has to say
	// whether they were right.
	ErrAsks = errors.New("another device removed many accounts")
)

// backupKey is where, among the keys, all about the backup is kept.
const backupKey = "backup"

// A Backup is what this device knows of its backup. It is kept with the vault,
// under the same lock, and is never in the backup itself.
type Backup struct {
	Issuer  string       `json:"issuer"`
	Login   string       `json:"login"` // of the recovery account
	Subject string       `json:"subject"`
	Binding string       `json:"binding"`
	Key     []byte       `json:"key"` // PKCS #8, of the binding
	Keys    []byte       `json:"keys"`
	ETag    string       `json:"etag"`    // of the newest version that was taken in
	Version int64        `json:"version"` // its number
	Watch   backup.Watch `json:"watch"`
	SetBack time.Time    `json:"setBack"` // when the server was found to have gone back
	// When the newest was last opened for practice, and when each way last opened one.
	Practised time.Time            `json:"practised"`
	Proven    map[string]time.Time `json:"proven,omitempty"`
}

func backupOf(keys map[string][]byte) (b Backup, err error) {
	text := keys[backupKey]
	if text == nil {
		return b, ErrNoBackup
	}
	if json.Unmarshal(text, &b) != nil {
		return b, vault.ErrBroken
	}
	return b, nil
}

func (b Backup) into(c *disk.Content) {
	text, err := json.Marshal(b)
	if err != nil {
		panic(err) // strings, bytes and times
	}
	if c.Keys == nil {
		c.Keys = map[string][]byte{}
	}
	c.Keys[backupKey] = text
}

// place is the door to where the backup lies.
func (b Backup) place(now func() time.Time) (*remote.Place, error) {
	key, err := readKey(b.Key)
	if err != nil {
		return nil, vault.ErrBroken
	}
	return &remote.Place{Door: remote.Door{Issuer: b.Issuer, Registration: b.Binding, Key: key, Now: now}}, nil
}

// Works reports whether nothing keeps it from being made but perhaps the network.
func (b Backup) Works() bool {
	return b.Watch.Trouble == backup.None || b.Watch.Trouble == backup.Unreachable
}

// Ways are those in which the backup opens.
func (b Backup) Ways() ([]backup.Way, error) {
	k, err := backup.OpenKeys(b.Keys)
	var open []backup.Way
	for _, w := range k.Ways {
		if w.Open() {
			open = append(open, w)
		}
	}
	return open, err
}

// Backup is what is known of the backup; [ErrNoBackup] when it is off.
func (d *Desk) Backup() (Backup, error) {
	_, keys, err := d.read()
	if err != nil {
		return Backup{}, err
	}
	return backupOf(keys)
}

// Place is the door to where the backup lies.
func (d *Desk) Place() (*remote.Place, error) {
	b, err := d.Backup()
	if err != nil {
		return nil, err
	}
	return b.place(d.now)
}

// bind binds a new key of this device to a place.
func (d *Desk) bind(ctx context.Context, issuer, token string) (wire.Bound, *ecdsa.PrivateKey, *remote.Place, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return wire.Bound{}, nil, nil, err
	}
	bound, err := remote.Bind(ctx, issuer, token, key, platform())
	if err != nil {
		return wire.Bound{}, nil, nil, err
	}
	return bound, key, &remote.Place{Door: remote.Door{Issuer: issuer, Registration: bound.Binding, Key: key, Now: d.now}}, nil
}

// TurnOn binds this device to the recovery account that the token is of, and
// makes the first backup. Where there is none yet, key opens it from now on. One
// that is there is opened with key and joined: nothing in it is overwritten.
// Without a key that opens it nothing changes, and it is [ErrNeedsKey].
func (d *Desk) TurnOn(ctx context.Context, issuer, token string, key func(there bool) (seal.RecoveryKey, error)) error {
	if _, err := d.Change(ctx, func(*authenticator.App) error { return nil }); err != nil {
		return err
	}
	before, err := d.Backup()
	if err == nil && before.Works() {
		return ErrBackupOn
	}
	bound, private, place, err := d.bind(ctx, issuer, token)
	if err != nil {
		return err
	}
	if before.Subject == bound.Person.Subject && before.Issuer == issuer {
		err = d.rebind(ctx, bound, private)
	} else {
		err = d.begin(ctx, bound, private, place, key)
	}
	if err != nil {
		return errors.Join(err, place.Leave(ctx)) // so that it does not stay among the devices
	}
	return d.BackUp(ctx, vault.Unasked)
}

// rebind goes on with a backup after a new sign-in.
func (d *Desk) rebind(ctx context.Context, bound wire.Bound, private *ecdsa.PrivateKey) error {
	return d.changeBackup(ctx, func(b *Backup) (err error) {
		b.Binding, b.Watch = bound.Binding, b.Watch.Resume()
		b.Key, err = x509.MarshalPKCS8PrivateKey(private)
		return err
	})
}

// begin starts a backup, or joins the one that is there.
func (d *Desk) begin(ctx context.Context, bound wire.Bound, private *ecdsa.PrivateKey, place *remote.Place, key func(there bool) (seal.RecoveryKey, error)) error {
	if bound.Place.DeletedUntil > 0 {
		if err := place.Undelete(ctx); err != nil {
			return err
		}
	}
	there, err := place.Latest(ctx)
	if err != nil && !errors.Is(err, remote.ErrNoBackup) {
		return err
	}
	typed, err := key(there.ETag != "")
	if err != nil {
		return err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	b := Backup{Issuer: place.Issuer, Login: bound.Person.Login, Subject: bound.Person.Subject, Binding: bound.Binding, Key: raw, Watch: backup.Begin(d.now())}
	_, err = d.change(ctx, func(a *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		k, err := d.keysFor(a, there, typed)
		if err != nil {
			return nil, err
		}
		b.Keys, b.ETag = k.Bytes(), there.ETag
		b.into(c)
		a.Vault().NameDevice(d.now(), DeviceName())
		return a, nil
	})
	return err
}

// keysFor are new keys, or those of a device that joins what is there.
func (d *Desk) keysFor(a *authenticator.App, there remote.Stored, key seal.RecoveryKey) (backup.Keys, error) {
	if there.ETag == "" {
		return backup.New(d.now(), DeviceName(), key)
	}
	g, err := openBy(there.Archive, key, d.now())
	if err != nil {
		return backup.Keys{}, err
	}
	k := backup.Join(g.Unread, d.now(), DeviceName())
	if _, question := k.Merge(a.Vault(), g, d.now(), vault.Keep); question != nil {
		return k, ErrAsks
	}
	return k, nil
}

// openBy opens a generation with the recovery key.
func openBy(archive []byte, key seal.RecoveryKey, now time.Time) (backup.Generation, error) {
	files, err := seal.ReadFiles(archive)
	if err != nil {
		return backup.Generation{}, err
	}
	holder, err := seal.OpenKey(files[seal.KeyFile], key.Reveal())
	if err != nil {
		return backup.Generation{}, err
	}
	u, err := backup.OpenWith(archive, holder)
	if err != nil {
		return backup.Generation{}, err
	}
	return u.Read(now)
}

// changeBackup changes what is kept of the backup.
func (d *Desk) changeBackup(ctx context.Context, do func(*Backup) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.folder.Update(ctx, func(c *disk.Content) error {
		b, err := backupOf(c.Keys)
		if err == nil {
			err = do(&b)
		}
		if err == nil {
			b.into(c)
		}
		return err
	})
}

// TurnOff ends the binding and forgets the keys of the backup. What is stored
// stays there. The server may be away: then the binding ends by itself.
func (d *Desk) TurnOff(ctx context.Context) error {
	place, err := d.Place()
	if err != nil {
		return err
	}
	d.mu.Lock()
	err = d.folder.Update(ctx, func(c *disk.Content) error {
		delete(c.Keys, backupKey)
		return nil
	})
	d.mu.Unlock()
	if err != nil {
		return err
	}
	d.vouchNoMore(ctx)
	if err := place.Leave(ctx); err != nil && !errors.Is(err, remote.ErrEnded) && !errors.Is(err, remote.ErrUnreachable) {
		return err
	}
	return nil
}

// DueBackup makes a backup if one is due. ended says that no change follows at
// once, as when a command ends: then it waits for no quiet.
func (d *Desk) DueBackup(ctx context.Context, ended bool) error {
	b, err := d.Backup()
	if err != nil {
		return err
	}
	at, ok := b.Watch.Due(d.now(), 1)
	ended = ended && !b.Watch.Since.IsZero() && b.Watch.Failures == 0
	if !ok || !ended && d.now().Before(at) {
		return nil
	}
	return d.BackUp(ctx, vault.Unasked)
}

// BackupFile is the newest backup as it is stored: an archive of age files.
func (d *Desk) BackupFile(ctx context.Context) ([]byte, error) {
	place, err := d.Place()
	if err != nil {
		return nil, err
	}
	got, err := place.Latest(ctx)
	return got.Archive, err
}

// PauseBackup pauses the automatic backup of this device, or goes on with it.
func (d *Desk) PauseBackup(ctx context.Context, pause bool) error {
	place, err := d.Place()
	if err != nil {
		return err
	}
	if err := place.Pause(ctx, pause); err != nil {
		return err
	}
	return d.changeBackup(ctx, func(b *Backup) error {
		if pause {
			b.Watch = b.Watch.Hold()
		} else {
			b.Watch = b.Watch.Resume()
		}
		return nil
	})
}

// changed notes in the content that is about to be kept that the vault is
// another now.
func changed(c *disk.Content, now time.Time) error {
	b, err := backupOf(c.Keys)
	if errors.Is(err, ErrNoBackup) {
		return nil
	} else if err != nil {
		return err
	}
	b.Watch = b.Watch.Change(now)
	b.into(c)
	return nil
}
