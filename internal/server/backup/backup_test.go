package backup_test

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

// A world has a personal directory, and a person in it with a password.
type world struct {
	*regtest.World
	testing.TB
	store *backup.Store
	mei   directory.Person
}

func newWorld(t testing.TB) *world {
	w := &world{World: regtest.New(t), TB: t}
	w.store = backup.New(w.DB, w.Notify, 1<<20)
	w.write(func(tx *db.Tx) error {
		home, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Personal"})
		if err != nil {
			return err
		}
		w.mei, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: home.ID, Login: "mei@mail.example", Name: "Mei", Email: "mei@mail.example"})
		if err != nil {
			return err
		}
		if err := method.Set(t.Context(), tx, w.mei.ID, "hash"); err != nil {
			return err
		}
		w.mei, err = directory.ByID(t.Context(), tx, w.mei.ID)
		return err
	})
	return w
}

func (w *world) write(fn func(*db.Tx) error) { w.Helper(); w.World.Write(w, fn) }

// proof is a full sign-in of a person, just now.
func (w *world) proof(p directory.Person, rights string) backup.Proof {
	return backup.Proof{Person: p.ID, Epoch: p.Epoch, Rights: rights, AuthAt: w.Clock.Now(), Strength: policy.TwoProofs}
}

func (w *world) tryBind(p backup.Proof) (b backup.Binding, err error) {
	w.Helper()
	err = w.DB.Write(w.Context(), func(tx *db.Tx) (err error) {
		b, err = w.store.Bind(w.Context(), tx, p, &regtest.NewKey(w).PublicKey, "iPhone, Safari", regtest.From)
		return err
	})
	return b, err
}

func (w *world) bind(p directory.Person, rights string) backup.Binding {
	w.Helper()
	b, err := w.tryBind(w.proof(p, rights))
	if err != nil {
		w.Fatal(err)
	}
	return b
}

func (w *world) put(b backup.Binding, previous string, body []byte) (v backup.Version, err error) {
	err = w.DB.Write(w.Context(), func(tx *db.Tx) (err error) {
		v, err = w.store.Put(w.Context(), tx, b, previous, body, regtest.From)
		return err
	})
	return v, err
}

func (w *world) mustPut(b backup.Binding, previous string, body []byte) backup.Version {
	w.Helper()
	v, err := w.put(b, previous, body)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

func (w *world) versions(b backup.Binding) (all []backup.Version) {
	w.Helper()
	w.write(func(tx *db.Tx) (err error) {
		all, err = w.store.Versions(w.Context(), tx, b)
		return err
	})
	return all
}

// why a binding is over, or "".
func (w *world) why(b backup.Binding) string {
	w.Helper()
	var over error
	err := w.DB.Read(w.Context(), func(tx *db.Tx) (err error) {
		_, over, err = w.store.ByID(w.Context(), tx, b.ID)
		return err
	})
	if err != nil {
		over = err
	}
	ended, ok := errors.AsType[backup.EndedError](over)
	if over != nil && !ok {
		w.Fatal(over)
	}
	return ended.Why
}

// sealed is an archive of so many bytes of what could be sealed files.
func sealed(t testing.TB, size int) []byte {
	return archive(t, map[string]string{"backup.age": age(size), "identity.age": age(300), "holder-key.age": age(200)})
}

func age(size int) string {
	return "age-encryption.org/v1\n" + strings.Repeat(rand.Text(), size/26+1)[:size]
}

func archive(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"backup.age", "holder-key.age", "identity.age", "notes.txt", "../up.age"} {
		text, ok := files[name]
		if !ok {
			continue
		}
		if err := errors.Join(w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600, Typeflag: tar.TypeReg})); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOfManyDevicesThatStoreAtOnceExactlyOneIsStored(t *testing.T) {
	w := newWorld(t)
	first := w.bind(w.mei, wire.Write)
	before := w.mustPut(first, "", sealed(t, 2000))
	const devices = 8
	results := make([]error, devices)
	bodies := make([][]byte, devices)
	var all sync.WaitGroup
	for i := range devices {
		b := w.bind(w.mei, wire.Write)
		bodies[i] = sealed(t, 2000)
		all.Go(func() { _, results[i] = w.put(b, before.ETag, bodies[i]) })
	}
	all.Wait()
	won := -1
	for i, err := range results {
		conflict, lost := errors.AsType[backup.ConflictError](err)
		switch {
		case err == nil && won < 0:
			won = i
		case err == nil:
			t.Error("two were stored")
		case !lost || conflict.ETag == before.ETag:
			t.Errorf("device %d: %v", i, err)
		}
	}
	if won < 0 {
		t.Fatal("none was stored")
	}
	w.write(func(tx *db.Tx) error {
		v, body, err := w.store.Get(t.Context(), tx, first, 0)
		if v.N != before.N+1 || !bytes.Equal(body, bodies[won]) {
			t.Errorf("the newest is %d, and not what was stored", v.N)
		}
		return err
	})
	if n := len(w.versions(first)); n != 2 {
		t.Errorf("%d versions", n)
	}
}

func TestFirstGenerationsMeetToo(t *testing.T) {
	w := newWorld(t)
	a, b := w.bind(w.mei, wire.Write), w.bind(w.mei, wire.Write)
	v := w.mustPut(a, "", sealed(t, 100))
	_, err := w.put(b, "", sealed(t, 100))
	if first, ok := errors.AsType[backup.ConflictError](err); !ok || first.ETag != v.ETag {
		t.Errorf("got %v, want a conflict with %s", err, v.ETag)
	}
}

func TestTenVersionsOfADayAreKeptAndAllOfEarlierDaysFor90(t *testing.T) {
	w := newWorld(t)
	b := w.bind(w.mei, wire.Write)
	tag := ""
	store := func(times int) {
		for range times {
			tag = w.mustPut(b, tag, sealed(t, 100)).ETag
		}
	}
	store(13)
	if all := w.versions(b); len(all) != 10 || all[0].N != 13 || all[9].N != 4 {
		t.Errorf("%d versions, from %d", len(all), all[len(all)-1].N)
	}
	for range 3 {
		w.Clock.Add(24 * time.Hour)
		store(12)
	}
	if n := len(w.versions(b)); n != 40 {
		t.Errorf("%d versions of four days, want 40: a later day pushes nothing out", n)
	}
	w.Clock.Add(88*24*time.Hour - time.Minute)
	store(1)
	if all := w.versions(b); len(all) != 31 || all[len(all)-1].N < 15 {
		t.Errorf("%d versions, want those of the last 90 days, 31", len(all))
	}
	w.Clock.Add(170 * 24 * time.Hour)
	if n := len(w.versions(b)); n != 31 {
		t.Errorf("%d versions: time alone takes none away", n)
	}
	store(1)
	if all := w.versions(b); len(all) != 1 {
		t.Errorf("%d versions", len(all))
	}
}

func TestAFullPlaceRefusesTheNewAndKeepsTheOld(t *testing.T) {
	w := newWorld(t)
	b := w.bind(w.mei, wire.Write)
	one := w.mustPut(b, "", sealed(t, 600<<10))
	if _, err := w.put(b, one.ETag, sealed(t, 600<<10)); !errors.Is(err, backup.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if all := w.versions(b); len(all) != 1 || all[0].ETag != one.ETag {
		t.Errorf("what is stored: %v", all)
	}
	w.mustPut(b, one.ETag, sealed(t, 1000))
}

func TestOnlySealedGenerationsAreTaken(t *testing.T) {
	w := newWorld(t)
	b := w.bind(w.mei, wire.Write)
	secret := `{"entries":[{"name":"GitHub","secret":"GEZDGNBVGY3TQOJQ"}]}`
	for name, body := range map[string][]byte{
		"nothing": {}, "a text": []byte(secret),
		"an archive with a text":    archive(t, map[string]string{"backup.age": secret, "identity.age": age(10)}),
		"a backup without identity": archive(t, map[string]string{"backup.age": age(10)}),
		"another file":              archive(t, map[string]string{"backup.age": age(10), "identity.age": age(10), "notes.txt": age(10)}),
		"a name that climbs":        archive(t, map[string]string{"backup.age": age(10), "identity.age": age(10), "../up.age": age(10)}),
		"a large holder":            archive(t, map[string]string{"backup.age": age(10), "identity.age": age(65 << 10)}),
		"half an archive":           sealed(t, 5000)[:3000],
	} {
		if _, err := w.put(b, "", body); !errors.Is(err, backup.ErrNotSealed) {
			t.Errorf("%s: got %v, want ErrNotSealed", name, err)
		}
	}
}

func TestABindingNeedsAFreshFullSignInOfAPersonalAccount(t *testing.T) {
	w := newWorld(t)
	at := w.Person(t, "ken") // of an organisation
	weak := w.proof(w.mei, wire.Write)
	weak.Strength = policy.Nothing
	old := w.proof(w.mei, wire.Write)
	old.AuthAt = w.Clock.Now().Add(-11 * time.Minute)
	one := w.proof(w.mei, wire.Read)
	one.Strength = policy.OneProof
	before := w.proof(w.mei, wire.Write)
	before.Epoch--
	for name, c := range map[string]struct {
		proof backup.Proof
		want  error
	}{
		"of an organisation": {w.proof(at, wire.Write), backup.ErrNotPersonal},
		"weaker than can be": {weak, backup.ErrNotFresh},
		"too long ago":       {old, backup.ErrNotFresh},
		"N14 one proof":      {one, backup.ErrNotFresh},
		"ended everywhere":   {before, backup.ErrUsed},
		"nothing to recover": {w.proof(w.mei, wire.Read), backup.ErrNone},
	} {
		if _, err := w.tryBind(c.proof); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// stays keeps a binding of somebody's for the epoch of Mei's that has just begun.
func (w *world) stays(person string, b backup.Binding) {
	w.Helper()
	w.write(func(tx *db.Tx) error {
		now, err := directory.ByID(w.Context(), tx, w.mei.ID)
		if err != nil {
			return err
		}
		return w.store.Stay(w.Context(), tx, person, b.ID, now.Epoch)
	})
}

// One that has ended long ago stays ended, and nobody keeps that of somebody else.
func TestOnlyABindingThatWasGoodStays(t *testing.T) {
	w := newWorld(t)
	bump := func() {
		w.write(func(tx *db.Tx) error { _, err := directory.BumpEpoch(t.Context(), tx, w.mei.ID); return err })
	}
	b := w.bind(w.mei, wire.Write)
	w.mustPut(b, "", sealed(t, 100))
	bump()
	w.stays("somebody else", b)
	if why := w.why(b); why != wire.EndedSignedOut {
		t.Errorf("kept by somebody else: %q", why)
	}
	bump()
	w.stays(w.mei.ID, b)
	if why := w.why(b); why != wire.EndedSignedOut {
		t.Errorf("kept an epoch later: %q", why)
	}
}

func TestABindingEndsAndSaysWhy(t *testing.T) {
	w := newWorld(t)
	b := w.bind(w.mei, wire.Write)
	w.mustPut(b, "", sealed(t, 100))
	reader := w.bind(w.mei, wire.Read)
	if w.why(b) != "" || w.why(reader) != "" {
		t.Fatal("ended at once")
	}
	w.Clock.Add(time.Hour)
	if why := w.why(reader); why != wire.EndedExpired {
		t.Errorf("after an hour of recovery: %q", why)
	}
	other := w.bind(w.mei, wire.Write)
	end := func(by backup.Binding, id string) error {
		return w.DB.Write(t.Context(), func(tx *db.Tx) error { return w.store.End(t.Context(), tx, by, id, regtest.From) })
	}
	if err := end(reader, b.ID); !errors.Is(err, backup.ErrReadOnly) {
		t.Errorf("a reader ends another: %v", err)
	}
	if err := end(b, other.ID); err != nil || w.why(other) != wire.EndedRemoved {
		t.Errorf("removed by another device: %v, %q", err, w.why(other))
	}
	if err := end(b, other.ID); !errors.Is(err, backup.ErrUnknown) {
		t.Errorf("removed twice: %v", err)
	}
	w.Clock.Add(180*24*time.Hour + time.Second)
	if why := w.why(b); why != wire.EndedIdle {
		t.Errorf("after half a year: %q", why)
	}
	again := w.bind(w.mei, wire.Write)
	w.write(func(tx *db.Tx) error { _, err := directory.BumpEpoch(t.Context(), tx, w.mei.ID); return err })
	if why := w.why(again); why != wire.EndedSignedOut {
		t.Errorf("after signing out everywhere: %q", why)
	}
	w.stays(w.mei.ID, again)
	if why := w.why(again); why != "" {
		t.Errorf("of the device on which another was removed: %q", why)
	}
	w.write(func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, w.mei.ID, directory.Suspended) })
	if why := w.why(again); why != wire.EndedSuspended {
		t.Errorf("suspended: %q", why)
	}
	if why := w.why(backup.Binding{ID: "nobody"}); why != wire.EndedRemoved {
		t.Errorf("one that never was: %q", why)
	}
	w.Recorded(t, w.mei.ID, audit.BackupBound, audit.BackupRecovered, audit.BackupUnbound)
}

func TestAReaderReadsAndNothingElse(t *testing.T) {
	w := newWorld(t)
	v := w.mustPut(w.bind(w.mei, wire.Write), "", sealed(t, 100))
	b := w.bind(w.mei, wire.Read)
	if _, err := w.put(b, v.ETag, sealed(t, 100)); !errors.Is(err, backup.ErrReadOnly) {
		t.Errorf("stores: %v", err)
	}
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return w.store.Undelete(t.Context(), tx, b, regtest.From) })
	if !errors.Is(err, backup.ErrReadOnly) {
		t.Errorf("brings back: %v", err)
	}
	err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
		return w.store.Delete(t.Context(), tx, w.proof(w.mei, wire.Read), regtest.From)
	})
	if !errors.Is(err, backup.ErrReadOnly) {
		t.Errorf("deletes: %v", err)
	}
	if n := len(w.versions(b)); n != 1 {
		t.Errorf("reads %d versions", n)
	}
}

func TestADeletedBackupComesBackForSevenDaysAndThenNot(t *testing.T) {
	w := newWorld(t)
	b := w.bind(w.mei, wire.Write)
	v := w.mustPut(b, "", sealed(t, 100))
	remove := func() {
		w.write(func(tx *db.Tx) error {
			return w.store.Delete(t.Context(), tx, w.proof(w.mei, wire.Write), regtest.From)
		})
	}
	back := func() error {
		return w.DB.Write(t.Context(), func(tx *db.Tx) error { return w.store.Undelete(t.Context(), tx, b, regtest.From) })
	}
	remove()
	_, err := w.put(b, v.ETag, sealed(t, 100))
	deleted, ok := errors.AsType[backup.DeletedError](err)
	if !ok || !deleted.Until.Equal(w.Clock.Now().Add(7*24*time.Hour)) {
		t.Errorf("stored in a deleted one: %v", err)
	}
	if _, err := w.tryBind(w.proof(w.mei, wire.Read)); !errors.As(err, &deleted) {
		t.Errorf("recovery says %v", err)
	}
	w.Clock.Add(7*24*time.Hour - time.Second)
	tidy(t, w)
	if err := back(); err != nil || len(w.versions(b)) != 1 {
		t.Fatalf("in the seventh day: %v", err)
	}
	w.Recorded(t, w.mei.ID, audit.BackupDeleted, audit.BackupRestored)
	remove()
	w.Clock.Add(7 * 24 * time.Hour)
	if err := back(); !errors.Is(err, backup.ErrNone) {
		t.Errorf("after seven days: %v", err)
	}
	tidy(t, w)
	if err := back(); !errors.Is(err, backup.ErrNone) {
		t.Errorf("after tidying: %v", err)
	}
	// The number of versions never goes back: an app would take it for a rollback.
	if next := w.mustPut(b, "", sealed(t, 100)); next.N != v.N+1 {
		t.Errorf("a new backup begins at %d", next.N)
	}
}

func tidy(t *testing.T, w *world) {
	t.Helper()
	if err := w.store.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAPersonSeesOnlyTheirOwnPlace(t *testing.T) {
	w := newWorld(t)
	var ren directory.Person
	w.write(func(tx *db.Tx) (err error) {
		ren, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: w.mei.DirectoryID, Login: "ren@mail.example", Name: "Ren"})
		return err
	})
	hers, his := w.bind(w.mei, wire.Write), w.bind(ren, wire.Write)
	v := w.mustPut(hers, "", sealed(t, 100))
	if _, err := w.put(his, v.ETag, sealed(t, 100)); !errors.As(err, new(backup.ConflictError)) {
		t.Errorf("follows hers: %v", err)
	}
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error { _, _, err := w.store.Get(t.Context(), tx, his, v.N); return err })
	if !errors.Is(err, backup.ErrNone) {
		t.Errorf("reads hers: %v", err)
	}
	err = w.DB.Write(t.Context(), func(tx *db.Tx) error { return w.store.End(t.Context(), tx, his, hers.ID, regtest.From) })
	if !errors.Is(err, backup.ErrUnknown) {
		t.Errorf("ends hers: %v", err)
	}
}

// Of what is stored the server keeps time, size and network; of who it is from
// no address.
func TestNetworksAreKeptAndAddressesAreNot(t *testing.T) {
	w := newWorld(t)
	b := w.bind(w.mei, wire.Write)
	w.write(func(tx *db.Tx) error {
		_, err := w.store.Put(t.Context(), tx, b, "", sealed(t, 100), registration.Where{IP: "203.0.113.77"})
		return err
	})
	if all := w.versions(b); all[0].Net != "203.0.113.0/24" {
		t.Errorf("network %q", all[0].Net)
	}
}

func TestEachDeviceIsToldOfAndTheListHoldsThoseThatAreGood(t *testing.T) {
	w := newWorld(t)
	one := w.bind(w.mei, wire.Write)
	w.mustPut(one, "", sealed(t, 100))
	w.bind(w.mei, wire.Read)
	w.write(func(tx *db.Tx) error { return w.store.Pause(t.Context(), tx, one, true) })
	w.Clock.Add(2 * time.Hour)
	w.write(func(tx *db.Tx) error {
		all, err := w.store.Devices(t.Context(), tx, one)
		if len(all) != 1 || all[0].ID != one.ID || !all[0].Paused {
			t.Errorf("devices %+v", all)
		}
		return err
	})
	w.write(func(tx *db.Tx) error {
		return w.store.Delete(t.Context(), tx, w.proof(w.mei, wire.Write), regtest.From)
	})
	w.write(func(tx *db.Tx) error {
		var mails, events int
		if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM mail WHERE template IN ('backup_bound', 'backup_recovered', 'backup_deleted')`).Scan(&mails); err != nil {
			return err
		}
		err := tx.QueryRow(t.Context(), `SELECT count(*) FROM audit_event WHERE kind LIKE 'backup.%'`).Scan(&events)
		if mails != 3 || events != 3 {
			t.Errorf("%d mails, %d events", mails, events)
		}
		return err
	})
}
