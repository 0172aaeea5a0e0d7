package securityweb_test

import (
	"archive/tar"
	"bytes"
	"net/http"
	"testing"
	"time"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
	"countersign/ui"
)

// ren is somebody of a personal directory, who has a password.
func (h *house) ren(t *testing.T) (p directory.Person) {
	t.Helper()
	h.Write(t, func(tx *db.Tx) error {
		home, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Home"})
		if err != nil {
			return err
		}
		p, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: home.ID, Login: "ren@mail.example", Name: "Ren", Email: "ren@mail.example"})
		return err
	})
	h.SetPassword(t, p, signintest.Password)
	return h.Now(t, p)
}

// binds binds a device to the backup of somebody.
func (h *house) binds(t *testing.T, p directory.Person, platform string) (b backup.Binding) {
	t.Helper()
	h.Write(t, func(tx *db.Tx) (err error) {
		proof := backup.Proof{Person: p.ID, Epoch: p.Epoch, Rights: wire.Write, AuthAt: tx.Now, Strength: policy.TwoProofs}
		b, err = h.backup.Bind(t.Context(), tx, proof, &regtest.NewKey(t).PublicKey, platform, regtest.From)
		return err
	})
	return b
}

// sealed is what looks like a sealed generation.
func sealed(t *testing.T) []byte {
	t.Helper()
	const age = "age-encryption.org/v1\nsealed"
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"backup.age", "identity.age"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(age)), Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPersonSeesAndRemovesTheDevicesOfTheirBackup(t *testing.T) {
	for _, lang := range ui.Languages {
		h := newHouse(t)
		p := h.ren(t)
		b := h.signIn(t, p, h.Device(t, p, "Pixel"))
		b.lang = lang
		b.get("/security").lacks(ui.T(lang, "security.backup.title"))
		if b.get("/security/backup"); b.status != http.StatusNotFound {
			t.Errorf("%s: a page of nothing: %d", lang, b.status)
		}
		phone, laptop := h.binds(t, p, "iPhone, <Safari>"), h.binds(t, p, "Linux, Terminal")
		b.get("/security").shows(ui.T(lang, "security.backup.count", "n", 2), "/security/backup")
		b.get("/security/backup").shows("iPhone, &lt;Safari&gt;", "Linux, Terminal")
		b.press("/security/backup/" + phone.ID + "/remove").lacks("iPhone").shows("Linux, Terminal")
		if b.post("/security/backup/" + phone.ID + "/remove"); b.status != http.StatusNotFound {
			t.Errorf("%s: removed twice: %d", lang, b.status)
		}
		b.get("/security/backup").press("/security/backup/" + laptop.ID + "/remove").shows(ui.T(lang, "security.backup.nodevice"))
		b.get("/security/activity").shows(ui.T(lang, "security.activity.backup_unbound", "device", "Linux, Terminal"))
	}
}

// Who has deleted their backup reads until when it can be brought back.
func TestADeletedBackupIsSaid(t *testing.T) {
	for _, lang := range ui.Languages {
		h := newHouse(t)
		p := h.ren(t)
		bound := h.binds(t, p, "iPhone, Safari")
		h.Write(t, func(tx *db.Tx) error {
			_, err := h.backup.Put(t.Context(), tx, bound, "", sealed(t), regtest.From)
			return err
		})
		b := h.signIn(t, p, h.Device(t, p, "Pixel"))
		b.lang = lang
		b.get("/security/backup").lacks(ui.T(lang, "security.backup.deleted"))
		var until time.Time
		h.Write(t, func(tx *db.Tx) error {
			until = tx.Now.Add(backup.Grace)
			return h.backup.Delete(t.Context(), tx, backup.Proof{Person: p.ID, Epoch: p.Epoch, Rights: wire.Write, AuthAt: tx.Now, Strength: policy.TwoProofs}, regtest.From)
		})
		when := ui.When(lang, p.Zone, until, until.Add(-backup.Grace))
		b.get("/security/backup").shows(ui.T(lang, "security.backup.deleted"), ui.T(lang, "security.backup.deleted.text", "when", when))
		b.get("/security").shows(ui.T(lang, "security.backup.deleted"))
	}
}

func TestAPersonSaysWhetherTheyAreToldOfASilentBackup(t *testing.T) {
	for _, lang := range ui.Languages {
		h := newHouse(t)
		p := h.ren(t)
		h.binds(t, p, "iPhone, Safari")
		b := h.signIn(t, p, h.Device(t, p, "Pixel"))
		b.lang = lang
		b.get("/security/backup").shows(ui.T(lang, "security.backup.reminder.on"))
		b.press("/security/backup/reminder", "remind", "off").shows(ui.T(lang, "security.backup.reminder.off"))
		b.get("/security/activity").shows(ui.T(lang, "security.activity.backup_reminder_off"))
		b.get("/security/backup").press("/security/backup/reminder", "remind", "on").shows(ui.T(lang, "security.backup.reminder.on"))
		h.Notify.SetSMTP(nil)
		b.get("/security/backup").lacks("/security/backup/reminder") // nobody could write
	}
}

// Nobody sees or removes another's device.
func TestDevicesOfOthersAreNotThere(t *testing.T) {
	h := newHouse(t)
	binding := h.binds(t, h.ren(t), "iPhone, Safari")
	other := h.Member(t, "mei")
	mei := h.signIn(t, other, h.Device(t, other, "Pixel"))
	if mei.post("/security/backup/" + binding.ID + "/remove"); mei.status != http.StatusNotFound {
		t.Errorf("removed by somebody else: %d", mei.status)
	}
}
