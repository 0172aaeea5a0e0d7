package authenticator

import (
	"strings"
	"testing"

	"countersign/internal/authenticator/vault"
)

// service is an account of a sign-in service as a backup names it.
func service(kind vault.Kind, id, subject string) vault.Paired {
	return vault.Paired{ID: id, Kind: kind, Issuer: "Aoba", Name: subject + "@aoba.example", Tags: []string{"work"}, Created: noon,
		Server: "https://id.aoba.example", Host: "id.aoba.example", Directory: "dir", Subject: subject}
}

func fates(list []Recovered) (all []string) {
	for _, r := range list {
		line := string(r.State) + " " + r.Issuer
		if r.Why != "" {
			line += " " + r.Why
		}
		if r.Other {
			line += " other"
		}
		all = append(all, line)
	}
	return all
}

func TestARecoveryTellsOfEachAccountWhatBecameOfIt(t *testing.T) {
	const mine = "otpauth://totp/Bank:mei?secret=KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU&issuer=Bank"
	const bankOf = "otpauth://totp/Bank:mei?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Bank"
	const mail = "otpauth://totp/Mail:mei?secret=MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK&issuer=Mail"
	lost, _ := with(t, github, bankOf, mail)
	here, ids := with(t, mine, mail)
	code, err := here.CodeOf(noon, ids[0])
	check(t, err)
	paired := []vault.Paired{service(vault.Personal, "p1", "mei"), service(vault.Work, "p2", "tanaka"), service(vault.Work, "p3", "tanaka")}
	list, err := here.Recover(noon, lost.Vault(), paired)
	check(t, err)
	equal(t, "fates", fates(list), []string{"restored GitHub", "kept Bank other", "kept Mail", "verify Aoba", "scan Aoba"})
	again, err := here.CodeOf(noon, ids[0])
	check(t, err)
	equal(t, "the code that was here", again.Code, code.Code)

	before := here.Groups().All
	list, err = here.Recover(noon, lost.Vault(), paired)
	check(t, err)
	equal(t, "once more", fates(list), []string{"kept GitHub", "kept Bank other", "kept Mail", "verify Aoba", "scan Aoba"})
	equal(t, "accounts", here.Groups().All, before)
	check(t, here.Beside(noon, true, list[1].ID))
	now, err := here.Named("Bank")
	check(t, err)
	equal(t, "taken instead", string(now.Secret) == string(mustNamed(t, lost, "Bank").Secret), true)
}

func mustNamed(t *testing.T, a *App, name string) vault.Entry {
	t.Helper()
	e, err := a.Named(name)
	check(t, err)
	return e
}

// What approves and makes codes never travels: an account of a sign-in service
// comes back as a name, without a code, until this device has a registration.
func TestAnAccountOfASignInServiceWaitsToBeIssuedAnew(t *testing.T) {
	a := New()
	list, err := a.Recover(noon, vault.New(), []vault.Paired{service(vault.Work, "p2", "tanaka")})
	check(t, err)
	c, err := a.CodeOf(noon, list[0].ID)
	check(t, err)
	s, ok := c.Account.Server()
	if c.Code != "" || c.Err != ErrNoCodes || !ok || s.Here() || s.Registration != "" || s.Host != "id.aoba.example" {
		t.Errorf("%+v %+v", c, s)
	}
	equal(t, "tags", c.Account.Tags, []string{"work"})
	_, paired := a.Vault().ForBackup()
	if len(paired) != 1 || paired[0].Person() != service(vault.Work, "", "tanaka").Person() {
		t.Errorf("the next backup names %+v", paired)
	}

	// The faces write what the service gave; then the account is kept.
	made := strings.Replace(string(a.Bytes()), `"registration":"","state":"elsewhere"`, `"registration":"r1","state":"active"`, 1)
	a, err = Open([]byte(made), noon)
	check(t, err)
	list, err = a.Recover(noon, vault.New(), []vault.Paired{service(vault.Work, "p2", "tanaka")})
	check(t, err)
	equal(t, "fates", fates(list), []string{"kept Aoba"})
}

func TestWhatMakesNoCodesIsNotCalledRestored(t *testing.T) {
	lost, _ := with(t, github)
	// As another version may have written it.
	data := strings.ReplaceAll(string(lost.Bytes()), `"type":"totp"`, `"type":"next"`)
	lost, err := Open([]byte(data), noon)
	check(t, err)
	a := New()
	list, err := a.Recover(noon, lost.Vault(), nil)
	check(t, err)
	equal(t, "fates", fates(list), []string{"failed GitHub codes"})
	check(t, a.Remove(noon, list[0].ID))
	list, err = a.Recover(noon, lost.Vault(), nil)
	check(t, err)
	equal(t, "removed here", fates(list), []string{"failed GitHub trash"})
}
