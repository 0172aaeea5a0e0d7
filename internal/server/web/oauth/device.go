package oauthweb

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"time"

	"countersign/internal/server/limit"
	"countersign/internal/server/oauth"
	"countersign/internal/server/web"
	"countersign/ui"
)

// pathTold is where a browser ends up when a device hears of the answer by itself.
const pathTold = oauth.PathDevice + "/done"

// typedLife is how long a browser is known as the one in which a code was
// typed: longer than any code lives.
const typedLife = time.Hour

// postDeviceAuthorization is the device authorization endpoint (RFC 8628 §3.1).
func (h *handler) postDeviceAuthorization(w http.ResponseWriter, r *http.Request) error {
	in, err := credentials(r)
	if err == nil {
		var code oauth.DeviceCode
		if code, err = h.oauth.Ask(r.Context(), in, h.from(r)); err == nil {
			return web.JSON(w, http.StatusOK, code)
		}
	}
	return refuse(w, err, in.Basic)
}

// A devicePage is where a code is typed.
type devicePage struct {
	Typed string
	Error string
}

func (h *handler) getDevice(w http.ResponseWriter, r *http.Request) error {
	return h.Render(w, r, http.StatusOK, "oauth/device.html", devicePage{})
}

// postDevice goes on with the request of the device whose code was typed.
func (h *handler) postDevice(w http.ResponseWriter, r *http.Request) error {
	typed := r.PostForm.Get("code")
	request, proof, err := h.oauth.Type(r.Context(), typed, h.from(r))
	if errors.Is(err, oauth.ErrUserCode) {
		return h.Render(w, r, http.StatusUnprocessableEntity, "oauth/device.html", devicePage{Typed: typed, Error: ui.T(h.Lang(r), "oauth.device.wrong")})
	} else if err != nil {
		return err
	}
	h.SetCookie(w, web.TypedCookie, proof, typedLife)
	step := oauth.Step{Request: request}
	sessions, err := h.sessions(r)
	if err != nil {
		return err
	}
	if request.Binds() && len(sessions) > 0 { // which of their accounts is to hold the backup
		step.Do = oauth.Choose
		return h.follow(w, r, step)
	}
	return see(w, r, resume(step))
}

// told ends a request whose device hears of the answer by itself.
func (h *handler) told(w http.ResponseWriter, r *http.Request, step oauth.Step) error {
	said := "yes"
	switch {
	case errors.Is(step.Refused, oauth.ErrTooWeak):
		said = "weak"
	case step.Refused != nil:
		said = "no"
	}
	h.SetCookie(w, web.TypedCookie, "", 0)
	return see(w, r, pathTold+"?"+url.Values{"said": {said}}.Encode())
}

// A toldPage says what the device hears.
type toldPage struct {
	Yes         bool
	Title, Text string
}

func (h *handler) getTold(w http.ResponseWriter, r *http.Request) error {
	lang, said := h.Lang(r), r.URL.Query().Get("said")
	if said != "yes" && said != "weak" {
		said = "no"
	}
	return h.Render(w, r, http.StatusOK, "oauth/told.html", toldPage{said == "yes", ui.T(lang, "oauth.told."+said+".title"), ui.T(lang, "oauth.told."+said+".text")})
}

// asks says where the device is that asks.
type asks struct {
	Place, Program, IP, When string
	Elsewhere                bool // in another network than this browser
}

func asksFrom(lang string, d *oauth.Asking, here web.Client, now time.Time) *asks {
	return &asks{
		Place: cmp.Or(d.Place, ui.T(lang, "oauth.device.place")), IP: d.IP, Program: d.Browser,
		When:      ui.T(lang, "oauth.device.ago", "n", int(now.Sub(d.AskedAt)/time.Minute)),
		Elsewhere: limit.Net(d.IP) != here.Net,
	}
}
