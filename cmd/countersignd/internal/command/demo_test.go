package command

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the start page says to type reaches the program as it was meant,
// whatever the folders are called.
func TestTypedWordsReachTheProgram(t *testing.T) {
	for _, words := range [][]string{
		{"bin/countersignd", "demo", "cli", "--issuer", "http://localhost:8080", "--api", "http://127.0.0.1:8085"},
		{"/opt/my things/bin/countersignd", "--ca", "it's here/$HOME/ca\"/root.pem", "メモ", "", "a;b&c|d"},
	} {
		got, err := exec.CommandContext(t.Context(), "sh", "-c", `printf '%s\n' `+typed(words)).Output()
		if err != nil || string(got) != strings.Join(words, "\n")+"\n" {
			t.Errorf("%q became %q, %v", words, got, err)
		}
	}
	if got := typed([]string{"bin/countersignd", "demo", "cli", "--api", "http://127.0.0.1:8085"}); strings.Contains(got, "'") {
		t.Errorf("plain words are quoted: %s", got)
	}
}

// The applications reach a service whose certificate was given, whether this
// computer trusts it or not, and no other.
func TestApplicationsTrustTheGivenCertificate(t *testing.T) {
	given := httptest.NewTLSServer(http.NotFoundHandler())
	defer given.Close()
	file := filepath.Join(t.TempDir(), "cert.pem")
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: given.Certificate().Raw})
	if err := os.WriteFile(file, chain, 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := trusting(file)
	if err != nil {
		t.Fatal(err)
	}
	a, err := client.Get(given.URL)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if _, err := http.Get(given.URL); err == nil {
		t.Error("everybody trusts it: the test tells nothing")
	}
	if client, err := trusting(""); client != nil || err != nil {
		t.Errorf("without a certificate: %v, %v", client, err)
	}
}
