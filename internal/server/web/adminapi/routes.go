package adminapi

import (
	"net/http"

	"countersign/internal/server/admin"
)

// base is where all calls are.
const base = "/api/v1"

// A route is one call. The act is what package admin is asked about the person
// in the path.
type route struct {
	method, path string
	act          admin.Act
	do           func(*call) (any, error)
}

func (r route) changes() bool { return r.method != http.MethodGet }

func (r route) status() int {
	if r.path == "/people" && r.method == http.MethodPost {
		return http.StatusCreated
	}
	return http.StatusOK
}

var routes = []route{
	{"GET", "/me", admin.See, (*call).me},
	{"GET", "/people", admin.See, (*call).people},
	{"POST", "/people", admin.See, (*call).add},
	{"GET", "/people/{id}", admin.See, (*call).person},
	{"PUT", "/people/{id}/profile", admin.Edit, (*call).edit},
	{"PUT", "/people/{id}/role", admin.SetRole, (*call).setRole},
	{"PUT", "/people/{id}/state", admin.Suspend, (*call).setState},
	{"POST", "/people/{id}/reregister", admin.Reregister, (*call).reregister},
	{"POST", "/people/{id}/pass", admin.IssuePass, (*call).issuePass},
	{"POST", "/people/{id}/password/reset", admin.Reset, (*call).resetPassword},
	{"POST", "/people/{id}/reports/settle", admin.Settle, (*call).settle},
	{"DELETE", "/people/{id}/sessions", admin.EndSessions, (*call).endSessions},
	{"DELETE", "/people/{id}/sessions/{session}", admin.EndSessions, (*call).endSession},
	{"DELETE", "/people/{id}/apps/{app}", admin.Remove, (*call).removeApp},
	{"GET", "/reports", admin.See, (*call).reports},
	{"GET", "/log", admin.See, (*call).log},
	{"GET", "/explain/{reference}", admin.See, (*call).explain},
}
