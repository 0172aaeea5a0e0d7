package signin_test

import (
	"errors"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

// A visitor is a browser that goes through a sign-in and keeps its cookies.
type visitor struct {
	t     *testing.T
	w     *signintest.World
	b     signin.Browser
	token string
	last  signin.Went
}

func visit(t *testing.T, w *signintest.World, ip string) *visitor {
	t.Helper()
	v := &visitor{t: t, w: w, b: signintest.Browser(ip)}
	v.begin(signin.Start{Goal: "/security"})
	return v
}

func (v *visitor) begin(start signin.Start) signin.Attempt {
	v.t.Helper()
	start.Browser = v.b
	token, a, err := v.w.SignIn.Begin(v.t.Context(), start)
	if err != nil {
		v.t.Fatal(err)
	}
	v.token = token
	return a
}

// took keeps what a step leaves in the browser.
func (v *visitor) took(went signin.Went, err error) error {
	if err != nil {
		return err
	}
	if went.Token == v.token {
		v.t.Error("the token was not replaced")
	}
	v.token, v.last = went.Token, went
	if went.Signed != nil {
		v.b.Sessions = went.Signed.Tokens
		if went.Signed.Known != "" {
			v.b.Known = went.Signed.Known
		}
	}
	return nil
}

func (v *visitor) name(login string) error {
	return v.took(v.w.SignIn.Name(v.t.Context(), v.token, login, v.b))
}

func (v *visitor) password(password string) error {
	return v.took(v.w.SignIn.Password(v.t.Context(), v.token, password, v.b))
}

func (v *visitor) code(code string) error {
	return v.took(v.w.SignIn.Code(v.t.Context(), v.token, code, v.b))
}

func (v *visitor) finish() error {
	return v.took(v.w.SignIn.Finish(v.t.Context(), v.token, v.b))
}

func (v *visitor) ask() signin.Waiting {
	v.t.Helper()
	if err := v.w.SignIn.Ask(v.t.Context(), v.token, v.b); err != nil {
		v.t.Fatal(err)
	}
	return v.watch()
}

func (v *visitor) watch() signin.Waiting {
	v.t.Helper()
	_, w, err := v.w.SignIn.Watch(v.t.Context(), v.token)
	if err != nil {
		v.t.Fatal(err)
	}
	return w
}

func (v *visitor) attempt() signin.Attempt {
	v.t.Helper()
	a, err := v.w.SignIn.Attempt(v.t.Context(), v.token)
	if err != nil {
		v.t.Fatal(err)
	}
	return a
}

// proven gives name and password.
func (v *visitor) proven(p directory.Person) *visitor {
	v.t.Helper()
	v.must(v.name(p.Login))
	v.must(v.password(signintest.Password))
	return v
}

func (v *visitor) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// signedIn goes the whole way, with an approval.
func (v *visitor) signedIn(p directory.Person, phone regtest.Device) *visitor {
	v.t.Helper()
	v.proven(p)
	v.w.Answer(v.t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	return v
}

// session is the session in use, or the error instead of one.
func (v *visitor) session() (s signin.Session, err error) {
	if len(v.b.Sessions) == 0 {
		return s, signin.ErrNoSession
	}
	err = v.w.DB.Read(v.t.Context(), func(tx *db.Tx) error {
		s, err = signin.SessionOf(v.t.Context(), tx, v.b.Sessions[0])
		return err
	})
	return s, err
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func meiWithPhone(t *testing.T, w *signintest.World) (directory.Person, regtest.Device) {
	t.Helper()
	mei := w.Member(t, "mei")
	return mei, w.Device(t, mei, "Mei's Pixel")
}

func other(number string) string {
	if number == "11" {
		return "22"
	}
	return "11"
}

func (v *visitor) renew(password string) error {
	return v.took(v.w.SignIn.Renew(v.t.Context(), v.token, password, v.b))
}

func (v *visitor) enrolSession() (s signin.Session) {
	v.t.Helper()
	v.w.Write(v.t, func(tx *db.Tx) (err error) {
		s, err = signin.EnrolSessionOf(v.t.Context(), tx, v.b.Sessions[0])
		return err
	})
	if !s.Enrol || s.Strength != policy.OneProof {
		v.t.Errorf("%+v", s)
	}
	return s
}
