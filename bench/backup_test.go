package bench

import (
	"archive/tar"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"
	"syscall"
	"testing"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep/keeptest"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/wire"
)

// BenchmarkBackupPut measures storing a generation of 16 KiB: everything but
// HTTP. The aim is 2 ms of processor time.
func BenchmarkBackupPut(b *testing.B) {
	d, _ := open(b)
	store(b, d, sealed(b, 16<<10))
}

// BenchmarkBackupPutLarge measures it with many versions of others in the
// database: it does not get slower.
func BenchmarkBackupPutLarge(b *testing.B) {
	const wanted = 10 << 30
	var disk syscall.Statfs_t
	if err := syscall.Statfs(os.TempDir(), &disk); err != nil {
		b.Fatal(err)
	}
	if free := int64(disk.Bavail) * disk.Bsize; free < wanted {
		b.Skipf("only %d GiB are free, %d are wanted", free>>30, wanted>>30)
	}
	for _, rows := range []int{large(b, 10_000), large(b, 50_000), large(b, 200_000)} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			d, _ := open(b)
			fill(b, d, rows)
			store(b, d, sealed(b, 4<<10))
		})
	}
}

// store measures putting one version after the other.
func store(b *testing.B, d *db.DB, body []byte) {
	s := backup.New(d, notify.New(d, keeptest.New(b, d), notify.Options{}), 1<<40)
	device := bound(b, d, s)
	before := processor(b)
	tag := ""
	for b.Loop() {
		err := d.Write(b.Context(), func(tx *db.Tx) error {
			v, err := s.Put(b.Context(), tx, device, tag, body, registration.Where{IP: "192.0.2.1"})
			tag = v.ETag
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// bound is a device of somebody who backs up.
func bound(b *testing.B, d *db.DB, s *backup.Store) (device backup.Binding) {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	err = d.Write(b.Context(), func(tx *db.Tx) error {
		home, err := directory.Create(b.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Personal"})
		if err != nil {
			return err
		}
		mei, err := directory.CreatePerson(b.Context(), tx, directory.Person{DirectoryID: home.ID, Login: "mei@mail.example", Name: "Mei"})
		if err != nil {
			return err
		}
		proof := backup.Proof{Person: mei.ID, Epoch: mei.Epoch, Rights: wire.Write, AuthAt: tx.Now, Strength: policy.TwoProofs}
		device, err = s.Bind(b.Context(), tx, proof, &key.PublicKey, "Terminal", registration.Where{})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return device
}

// fill writes versions of other people, forty to a place.
func fill(b *testing.B, d *db.DB, rows int) {
	b.Helper()
	const batch = 1000
	body := sealed(b, 3<<10)
	for done := 0; done < rows; done += batch {
		err := d.Write(b.Context(), func(tx *db.Tx) error {
			for i := done; i < done+batch; i++ {
				_, err := tx.Exec(b.Context(), `INSERT INTO backup_version (place_id, n, etag, size, net, at, day, body) VALUES ($1, $2, '', $3, '', $4, $5, $6)`,
					fmt.Sprintf("other-%d", i/40), i%40, len(body), db.Millis(tx.Now), db.Millis(tx.Now)/86400000, body)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// sealed is an archive of about so many bytes of what could be sealed files.
func sealed(b *testing.B, size int) []byte {
	b.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for name, n := range map[string]int{"backup.age": size - 4096, "identity.age": 1500} {
		if n < 0 {
			n = 512
		}
		text := make([]byte, n)
		rand.Read(text)
		text = append([]byte("age-encryption.org/v1\n"), text...)
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600}); err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}
