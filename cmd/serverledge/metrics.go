package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool"
)

// metrics counts what dashboards of Serverledge know by name, and what ours
// shows beside it.
type metrics struct {
	area       string
	registry   *prometheus.Registry
	completed  *prometheus.CounterVec
	cold       *prometheus.CounterVec
	execution  *prometheus.HistogramVec
	start      *prometheus.HistogramVec
	outputSize *prometheus.HistogramVec
	failures   *prometheus.CounterVec
	branches   *prometheus.CounterVec
}

func newMetrics(area string) *metrics {
	m := &metrics{
		area: area, registry: prometheus.NewRegistry(),
		completed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "completed_count", Help: "Calls of functions that ended.",
		}, []string{"area", "function"}),
		cold: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cold_starts_count", Help: "Calls that an instance was started for.",
		}, []string{"area", "function"}),
		execution: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "execution_time", Help: "Time in the function, in seconds.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 18),
		}, []string{"function"}),
		start: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "init_time", Help: "Time to start an instance, in seconds.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 16),
		}, []string{"function"}),
		outputSize: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "output_size", Help: "Size of the returned document, in bytes.", Buckets: prometheus.ExponentialBuckets(16, 4, 12),
		}, []string{"function"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "serverledge_failures_total", Help: "Calls that failed, by the error's name.",
		}, []string{"function", "error"}),
		branches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "branch_count", Help: "Decisions of Choice states.",
		}, []string{"task", "next_task"}),
	}
	m.registry.MustRegister(m.completed, m.cold, m.execution, m.start, m.outputSize, m.failures, m.branches)
	return m
}

// observe counts an attempt of a task that ended.
func (m *metrics) observe(t *engine.TaskReport) {
	r := t.Result
	if r == nil {
		return
	}
	area := r.Area
	if area == "" {
		area = m.area
	}
	m.completed.WithLabelValues(area, t.Function).Inc()
	if r.Failure != nil {
		m.failures.WithLabelValues(t.Function, platformName(r.Failure.Type)).Inc()
	}
	m.execution.WithLabelValues(t.Function).Observe(r.Duration.Seconds())
	m.outputSize.WithLabelValues(t.Function).Observe(float64(t.OutputBytes))
	if r.Cold {
		m.cold.WithLabelValues(area, t.Function).Inc()
		m.start.WithLabelValues(t.Function).Observe(r.Init.Seconds())
	}
}

// branch counts a decision of a Choice.
func (m *metrics) branch(task, next string) { m.branches.WithLabelValues(task, next).Inc() }

// countPanics shows how many requests made their handler panic.
func (m *metrics) countPanics(count func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "serverledge_panics_total", Help: "Requests whose handler panicked.",
	}, func() float64 { return float64(count()) }))
}

// noMetrics answers for a node that does not count.
func noMetrics(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "metrics are off: set metrics.enabled: true", http.StatusNotFound)
}

// platformName keeps the label's values few: errors of users count as one.
func platformName(name string) string {
	switch name {
	case functions.FailureTimeout, functions.FailureCrashed, functions.FailureOutOfMemory, functions.FailureResultTooLarge,
		functions.FailureInvalidResult, functions.FailureHandlerNotFound, functions.FailureInit, functions.FailureProtocol,
		functions.FailureInput, functions.FailureOutput:
		return name
	}
	return "Error"
}

// handler serves the metrics, with the state of the pool and the engine at the
// moment of asking.
func (m *metrics) handler(p *pool.Pool, e *engine.Engine) http.Handler {
	gauge := func(name, help string, f func(pool.Status) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return f(p.Status()) }))
	}
	gauge("serverledge_memory_free_mb", "Memory that is not booked, in MiB.", func(s pool.Status) float64 { return float64(s.FreeMemoryMB) })
	gauge("serverledge_instances_busy", "Instances with calls in flight.", func(s pool.Status) float64 { return float64(s.Busy) })
	gauge("serverledge_instances_idle", "Warm instances.", func(s pool.Status) float64 { return float64(s.Idle) })
	gauge("serverledge_queue_length", "Calls that wait for an instance.", func(s pool.Status) float64 { return float64(s.Queued) })
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "serverledge_executions_active", Help: "Executions in memory.",
	}, func() float64 { return float64(e.Active()) }))
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
