package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The figures name the route, never the path, and count streams without their length.
func TestFiguresNameRoutes(t *testing.T) {
	m := New("1.2.3")
	m.Request("/security/methods/{id}", 200, 3*time.Millisecond)
	m.Request("/security/methods/{id}", 204, 3*time.Millisecond)
	m.Request("/device/stream", 200, 10*time.Minute)
	m.Request("", 404, time.Millisecond)
	m.Show(
		Figure{Name: "countersign_streams", Help: "Open streams.", Now: func() float64 { return 7 }},
		Figure{Name: "countersign_mails_total", Help: "Mails.", Label: "result", Value: "sent", Total: func() float64 { return 3 }},
		Figure{Name: "countersign_mails_total", Help: "Mails.", Label: "result", Value: "failed", Total: func() float64 { return 1 }},
	)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	page := w.Body.String()
	for _, want := range []string{
		`countersign_requests_total{class="2xx",route="/security/methods/{id}"} 2`,
		`countersign_requests_total{class="2xx",route="/device/stream"} 1`,
		`countersign_requests_total{class="4xx",route="none"} 1`,
		`countersign_request_seconds_count{route="/security/methods/{id}"} 2`,
		`countersign_streams 7`, `countersign_mails_total{result="failed"} 1`, `countersign_build_info{version="1.2.3"} 1`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("misses %s", want)
		}
	}
	if strings.Contains(page, `request_seconds_count{route="/device/stream"}`) {
		t.Error("a stream's length counts as time to answer")
	}
}
