package transfer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fuzzed names the fuzz targets of each format; what they know stands with them.
// The databases have theirs in package sqlitefile, OpenPGP is only recognised.
var fuzzed = map[string][]string{
	"sealed": {"FuzzOwn", "FuzzSealed"}, "backup": {"FuzzVault", "FuzzBackup"},
	"stratum": {"FuzzStratum"}, "protonpass": {"FuzzProtonPass", "FuzzCSV"}, "aegis": {"FuzzAegis"}, "twofas": {"FuzzTwoFAS"}, "ente": {"FuzzEnte"},
	"proton": {"FuzzProton"}, "bitwarden": {"FuzzBitwarden", "FuzzCSV"}, "andotp": {"FuzzAndOTP"}, "freeotp": {"FuzzFreeOTP", "FuzzJavaMap", "FuzzFreeOTP2"},
	"freeotpplus": {"FuzzFreeOTPPlus"}, "lastpass": {"FuzzLastPass"}, "twofauth": {"FuzzTwoFAuth"}, "duo": {"FuzzDuo"}, "steam": {"FuzzSteam"},
	"raivo": {"FuzzRaivo", "FuzzSealedZip"}, "authplus": {"FuzzAuthPlus", "FuzzSealedZip"}, "keepassxc": {"FuzzKeePass", "FuzzCSV"},
	"onepassword": {"FuzzOnePassword", "FuzzCSV"}, "authy": {"FuzzAuthy"}, "battlenet": {"FuzzBattleNet"}, "totpauthenticator": {"FuzzTOTPAuthenticator"},
	"google": {"FuzzGoogle"}, "otpauth": {"FuzzOtpauth"}, "microsoft": {"FuzzDatabase"}, "sqlite": {"FuzzDatabase"}, "openpgp": nil,
}

// TestEveryFormatIsHeldToFilesAndToChance: each has files that our tests write,
// each kind of encryption among them, and fuzz targets.
func TestEveryFormatIsHeldToFilesAndToChance(t *testing.T) {
	var source strings.Builder
	for _, pattern := range []string{"*_test.go", "sqlitefile/*_test.go"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
	}
	for _, f := range Formats() {
		targets, known := fuzzed[f.ID]
		if !known {
			t.Errorf("%s has no fuzz target", f.ID)
		}
		for _, name := range targets {
			if !strings.Contains(source.String(), "\nfunc "+name+"(f *testing.F)") {
				t.Errorf("%s of %s is gone", name, f.ID)
			}
		}
		if slices.Contains([]string{"microsoft", "sqlite", "openpgp", "battlenet"}, f.ID) {
			continue // databases, a message, and a file with room for one account: their tests write their own
		}
		plain := slices.ContainsFunc(fixtures, func(x fixture) bool { return x.format.ID == f.ID })
		sealed := slices.ContainsFunc(fixtures, func(x fixture) bool { return x.format.ID == f.ID && x.password != "" })
		if !plain || f.Encrypted != sealed {
			t.Errorf("%s has fixtures: %v, encrypted: %v; it says %v", f.ID, plain, sealed, f.Encrypted)
		}
	}
}
