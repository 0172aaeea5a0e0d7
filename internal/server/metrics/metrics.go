// Package metrics counts what a node does, for Prometheus.
//
// The figures name routes, outcomes and classes of status, never a person, an
// address or an application: their number does not grow with the number of
// users, and whoever reads them learns nothing about one.
package metrics

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the figures of one node, in a registry of their own.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// New makes the figures of a node that runs a version of the program.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "countersign_requests_total", Help: "Requests by route and class of status.",
		}, []string{"route", "class"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "countersign_request_seconds", Help: "Time to answer, by route, without streams.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2.5, 10},
		}, []string{"route"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "countersign_build_info", Help: "1, with the version as a label.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts an answer. The route is the pattern it was found by, "" for none.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, class(status)).Inc()
	if !strings.HasSuffix(route, "/stream") {
		m.seconds.WithLabelValues(route).Observe(took.Seconds())
	}
}

// class is that of a status: "2xx".
func class(status int) string {
	classes := [...]string{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"}
	return classes[min(max(status/100, 0), len(classes)-1)]
}

// A Figure is something that is counted elsewhere and asked for at each look.
type Figure struct {
	Name, Help string
	// Label and Value tell figures of one name apart; both may be empty.
	Label, Value string
	// Now is what a gauge shows, Total what a counter has reached; one of them is set.
	Now, Total func() float64
}

// Show adds figures.
func (m *Metrics) Show(figures ...Figure) {
	for _, f := range figures {
		labels := prometheus.Labels{}
		if f.Label != "" {
			labels[f.Label] = f.Value
		}
		if f.Now != nil {
			m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: f.Name, Help: f.Help, ConstLabels: labels}, f.Now))
		} else {
			m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: f.Name, Help: f.Help, ConstLabels: labels}, f.Total))
		}
	}
}

// Handler serves the figures at /metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2}))
	return mux
}
