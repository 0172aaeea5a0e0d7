package adminapi

import (
	"net/http"

	"countersign/internal/server/admin"
	"countersign/internal/server/logo"
)

// base is where all calls are.
const base = "/api/v1"

// A route is one call. The act is what package admin is asked about the person
// in the path.
type route struct {
	method, path string
	act          admin.Act
	do           func(*call) (any, error)
	upload       func(*call) error // what is slow: makes of the file that was sent what do keeps
}

// limit is how many bytes the body may have.
func (r route) limit() int64 {
	if r.upload != nil {
		return logo.MaxBytes
	}
	return maxBody
}

func (r route) changes() bool { return r.method != http.MethodGet }

func (r route) status() int {
	if r.path == "/people" && r.method == http.MethodPost {
		return http.StatusCreated
	}
	return http.StatusOK
}

var routes = []route{
	{"GET", "/organisation", admin.See, (*call).organisation, nil},
	{"PUT", "/organisation", admin.See, (*call).dress, nil},
	{"PUT", "/organisation/logo", admin.See, (*call).setLogo, (*call).drawLogo},
	{"DELETE", "/organisation/logo", admin.See, (*call).removeLogo, nil},
	{"GET", "/overview", admin.See, (*call).overview, nil},
	{"GET", "/server", admin.See, (*call).server, nil},
	{"GET", "/me", admin.See, (*call).me, nil},
	{"GET", "/people", admin.See, (*call).people, nil},
	{"POST", "/people", admin.See, (*call).add, nil},
	{"GET", "/people/{id}", admin.See, (*call).person, nil},
	{"PUT", "/people/{id}/profile", admin.Edit, (*call).edit, nil},
	{"PUT", "/people/{id}/role", admin.SetRole, (*call).setRole, nil},
	{"PUT", "/people/{id}/state", admin.Suspend, (*call).setState, nil},
	{"POST", "/people/{id}/reregister", admin.Reregister, (*call).reregister, nil},
	{"POST", "/people/{id}/pass", admin.IssuePass, (*call).issuePass, nil},
	{"POST", "/people/{id}/password/reset", admin.Reset, (*call).resetPassword, nil},
	{"POST", "/people/{id}/reports/settle", admin.Settle, (*call).settle, nil},
	{"DELETE", "/people/{id}/sessions", admin.EndSessions, (*call).endSessions, nil},
	{"DELETE", "/people/{id}/sessions/{session}", admin.EndSessions, (*call).endSession, nil},
	{"DELETE", "/people/{id}/apps/{app}", admin.Remove, (*call).removeApp, nil},
	{"GET", "/reports", admin.See, (*call).reports, nil},
	{"GET", "/log", admin.See, (*call).log, nil},
	{"GET", "/explain/{reference}", admin.See, (*call).explain, nil},
}
