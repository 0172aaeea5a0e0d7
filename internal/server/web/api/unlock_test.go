package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

// N6: that a device says it was unlocked counts for nothing: there is no word
// for it, and without the unlock key's signature the request stays open.
func TestN6ADevicesWordForItsLockCountsForNothing(t *testing.T) {
	h := newHouse(t)
	p := h.Aoba.Policy
	p.Unlock = true
	h.Write(t, func(tx *db.Tx) error { return directory.SetPolicy(t.Context(), tx, h.Aoba.ID, p) })
	mei := h.Person(t, "mei")
	phone := h.Unlocked(t, mei, "Phone")
	q := h.ask(t, from(mei))
	path := "/device/requests/" + q.ID + "/decision"

	locked := phone
	locked.Unlock = nil
	bare := h.decision(t, locked, q.ID, wire.Approve, q.Number)
	h.call(t, phone, "POST", path, bare).want(t, http.StatusForbidden, wire.CodeUnlock)
	b, err := json.Marshal(bare)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"user_verified", "unlocked", "uv"} {
		said := maps.Clone(fields)
		said[word] = true
		if a := h.call(t, phone, "POST", path, said); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", word, a.status, a.body)
		}
	}
	h.call(t, phone, "POST", path, h.decision(t, phone, q.ID, wire.Approve, q.Number)).want(t, http.StatusOK, "")
}

func TestADeviceWhoseLockIsOffSaysSoOnce(t *testing.T) {
	h := newHouse(t)
	p := h.Aoba.Policy
	p.Passwordless = true
	h.Write(t, func(tx *db.Tx) error { return directory.SetPolicy(t.Context(), tx, h.Aoba.ID, p) })
	mei := h.Person(t, "mei")
	phone := h.Alone(t, mei, "Phone")
	about := func() wire.Registration {
		return read[wire.Registration](t, h.call(t, phone, "GET", "/device/registration", nil))
	}
	if a := about(); !a.Unlock || !a.Passwordless || !a.PasswordlessOK {
		t.Errorf("%+v", a)
	}
	var gone *http.Request
	h.call(t, phone, "DELETE", "/device/unlock", nil, func(r *http.Request) { gone = r.Clone(r.Context()) }).want(t, http.StatusNoContent, "")
	if a := about(); a.Unlock || a.Passwordless || !a.PasswordlessOK {
		t.Errorf("%+v", a)
	}
	key, err := wire.NewJWK(&regtest.NewKey(t).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	g := h.Get(t, phone.ID())
	h.Write(t, func(tx *db.Tx) error { return h.Registry.SetUnlock(t.Context(), tx, g, key, regtest.From) })
	replay := func(r *http.Request) { r.Header = gone.Header }
	h.call(t, phone, "DELETE", "/device/unlock", nil, replay).want(t, http.StatusUnauthorized, wire.CodeSignature)
	if !about().Unlock {
		t.Error("a call that was replayed took a later key away")
	}
}
