package config

// Kind is the type of a key's value.
type Kind string

// The kinds. A Seconds value is a number of seconds or a duration ("1m30s").
const (
	Text    Kind = "text"
	Whole   Kind = "whole number"
	Decimal Kind = "number"
	Truth   Kind = "true or false"
	Seconds Kind = "seconds or duration"
	List    Kind = "list"
)

// Key is one thing that can be configured.
type Key struct {
	Name string
	Kind Kind
	// Default is the value as it would be written; empty is none.
	Default string
	// Help says what it does, in one line.
	Help string
	// Choices, when set, lists the allowed values.
	Choices []string
	// Min and Max bound numbers and seconds when Max > 0 or Min != 0.
	Min, Max float64
	// Inert keys are accepted for compatibility and have no effect here; Help
	// says why.
	Inert bool
}

// Keys returns every key, in the order of the documentation.
func Keys() []Key {
	return []Key{
		{Name: "data.dir", Kind: Text, Help: "where the node keeps its data (default: serverledge in the user's data home)"},
		{Name: "api.ip", Kind: Text, Default: "127.0.0.1", Help: "address to listen on; also the address that other nodes are told unless it is unspecified"},
		{Name: "api.port", Kind: Whole, Default: "1323", Max: 65535, Help: "port to listen on; 0 picks a free one"},
		{Name: "api.hosts", Kind: List, Help: "host names besides localhost and api.ip under which the API answers; * is any"},
		{Name: "api.insecure", Kind: Truth, Default: "false", Help: "allow to listen on other addresses than loopback although there is no authentication yet"},
		{Name: "etcd.address", Kind: Text, Help: "endpoints of an etcd cluster, separated by commas; empty runs an embedded one"},
		{Name: "etcd.listen", Kind: Text, Help: "loopback address at which other nodes of this machine reach the embedded etcd, as in 127.0.0.1:2379"},
		{Name: "node.architecture", Kind: Text, Help: "the architecture that the node registers (default: that of the machine)"},
		{Name: "registry.area", Kind: Text, Default: "ROME", Help: "the area of the node"},
		{Name: "registry.node.id", Kind: Text, Help: "the id of the node (default: made once and kept in data.dir)"},
		{Name: "registry.remote.area", Kind: Text, Help: "the area that calls are offloaded to"},
		{Name: "registry.ttl", Kind: Seconds, Default: "15", Min: 5, Max: 3600, Help: "how long a dead node stays registered"},
		{Name: "scheduler.policy", Kind: Text, Default: "default", Choices: []string{"default", "localonly", "edgeonly", "cloudonly", "edgecloud", "qosaware"}, Help: "where calls run"},
		{Name: "scheduler.queue.capacity", Kind: Whole, Default: "0", Max: 1e6, Help: "how many calls may wait for an instance beyond those that one is being started for"},
		{Name: "scheduler.fallback.local", Kind: Truth, Default: "false", Help: "run a call here when the cloud of policy cloudonly refuses it"},
		{Name: "scheduler.hops", Kind: Whole, Default: "1", Min: 1, Max: 4, Help: "how often a call may be passed on"},
		{Name: "cloud.server.url", Kind: Text, Help: "a node to offload to that is not registered in the same etcd"},
		{Name: "container.driver", Kind: Text, Default: "auto", Choices: []string{"auto", "docker", "sandbox"}, Help: "what instances run in; auto takes Docker when it answers"},
		{Name: "container.pool.memory", Kind: Whole, Max: 1 << 24, Help: "memory for instances, in MiB (default: what the machine has less a quarter)"},
		{Name: "container.pool.cpus", Kind: Decimal, Max: 4096, Help: "CPUs for instances (default: those of the machine)"},
		{Name: "container.expiration", Kind: Seconds, Default: "600", Min: 1, Max: 7 * 86400, Help: "how long an idle instance is kept"},
		{Name: "janitor.interval", Kind: Seconds, Default: "60", Min: 0.1, Max: 86400, Help: "how often idle instances and old executions are looked through"},
		{Name: "factory.images.refresh", Kind: Truth, Default: "false", Help: "pull custom images again when a function is registered"},
		{Name: "execution.retention", Kind: Seconds, Default: "86400", Min: 60, Max: 365 * 86400, Help: "how long finished executions are kept"},
		{Name: "workflow.http.allow", Kind: List, Help: "hosts (with port, if it is not that of the scheme) that http:invoke may call; * is any; empty is none"},
		{Name: "workflow.limits.payload", Kind: Whole, Default: "262144", Min: 1024, Max: 491520, Help: "largest input, output or result of a state, in bytes of JSON"},
		{Name: "workflow.limits.variable", Kind: Whole, Default: "262144", Min: 1, Max: 1 << 24, Help: "most that one Assign may set, in bytes of JSON"},
		{Name: "workflow.limits.variables", Kind: Whole, Default: "10485760", Min: 1, Max: 1 << 28, Help: "most that the variables of an execution may hold, in bytes of JSON"},
		{Name: "workflow.limits.entries", Kind: Whole, Default: "25000", Min: 10, Max: 1e6, Help: "entries in the journal of one execution"},
		{Name: "workflow.limits.transitions", Kind: Whole, Default: "10000", Min: 10, Max: 1e6, Help: "states that an execution may enter without waiting for anything"},
		{Name: "workflow.limits.work", Kind: Whole, Default: "20000000", Min: 1000, Max: 1e9, Help: "steps that expressions and functions may take between two waits of an execution; the default is some seconds"},
		{Name: "workflow.limits.name", Kind: Whole, Default: "80", Min: 1, Max: 1024, Help: "characters in the name of a state"},
		{Name: "workflow.limits.label", Kind: Whole, Default: "40", Min: 1, Max: 1024, Help: "characters in the Label of a Map"},
		{Name: "workflow.limits.range", Kind: Whole, Default: "1000", Min: 1, Max: 1e6, Help: "items that States.ArrayRange makes"},
		{Name: "workflow.limits.text", Kind: Whole, Default: "10000", Min: 1, Max: 1e6, Help: "characters that the Base64 and hash functions take"},
		{Name: "workflow.limits.calls", Kind: Whole, Default: "10", Min: 1, Max: 100, Help: "how deep intrinsic functions may nest"},
		{Name: "objects.s3.endpoint", Kind: Text, Help: "the S3-compatible store that workflows read and write objects in, as in https://host:port (default: files in data.dir/objects, a folder for each bucket)"},
		{Name: "objects.s3.region", Kind: Text, Default: "us-east-1", Help: "its region"},
		{Name: "objects.s3.access.file", Kind: Text, Help: "file with its access key (default: the environment's AWS_ACCESS_KEY_ID)"},
		{Name: "objects.s3.secret.file", Kind: Text, Help: "file with its secret key (default: the environment's AWS_SECRET_ACCESS_KEY)"},
		{Name: "objects.s3.path.style", Kind: Truth, Default: "false", Help: "put the bucket into the path of URLs, also for Amazon's"},
		{Name: "objects.s3.ca.file", Kind: Text, Help: "certificates that it may be signed by, beside those of the system"},
		{Name: "shutdown.grace", Kind: Seconds, Default: "30", Max: 3600, Help: "how long running calls may go on after SIGTERM"},
		{Name: "metrics.enabled", Kind: Truth, Default: "false", Help: "serve Prometheus metrics at /metrics"},
		{Name: "log.level", Kind: Text, Default: "info", Choices: []string{"debug", "info", "warn", "error"}, Help: "what is logged"},
		{Name: "log.format", Kind: Text, Default: "auto", Choices: []string{"auto", "text", "json"}, Help: "how it is logged; auto is text on a terminal"},

		{Name: "workflow.always_save_progress", Kind: Truth, Default: "true", Inert: true, Help: "progress of standard executions is always saved; express ones never"},
		{Name: "cache.size", Kind: Whole, Default: "100", Inert: true, Help: "functions are kept up to date by watching the store, not by a cache"},
		{Name: "cache.cleanup", Kind: Seconds, Default: "60", Inert: true, Help: "see cache.size"},
		{Name: "cache.expiration", Kind: Seconds, Default: "60", Inert: true, Help: "see cache.size"},
		{Name: "registry.nearby.interval", Kind: Seconds, Inert: true, Help: "nodes learn of one another by watching the store"},
		{Name: "registry.monitoring.interval", Kind: Seconds, Inert: true, Help: "nodes learn of one another by watching the store"},
		{Name: "registry.udp.port", Kind: Whole, Default: "9876", Max: 65535, Inert: true, Help: "registered for old clients; nothing listens there"},
		{Name: "offloading.cache.validity", Kind: Seconds, Inert: true, Help: "the target of a call is chosen for each call"},
		{Name: "metrics.prometheus.host", Kind: Text, Inert: true, Help: "metrics are served at /metrics of the API"},
		{Name: "metrics.prometheus.port", Kind: Whole, Max: 65535, Inert: true, Help: "metrics are served at /metrics of the API"},
		{Name: "metrics.prometheus.pushgateway.host", Kind: Text, Inert: true, Help: "metrics are pulled, not pushed"},
		{Name: "metrics.prometheus.pushgateway.port", Kind: Whole, Max: 65535, Inert: true, Help: "metrics are pulled, not pushed"},
		{Name: "metrics.retriever.interval", Kind: Seconds, Inert: true, Help: "no policy of this version reads metrics back"},
		{Name: "metrics.dump.json.file", Kind: Text, Inert: true, Help: "no policy of this version reads metrics back"},
		{Name: "metrics.load.json.file", Kind: Text, Inert: true, Help: "no policy of this version reads metrics back"},
		{Name: "tracing.enabled", Kind: Truth, Default: "false", Inert: true, Help: "the history of an execution tells what a trace would"},
		{Name: "tracing.outfile", Kind: Text, Inert: true, Help: "see tracing.enabled"},
		{Name: "lb.mode", Kind: Text, Choices: []string{"RoundRobin", "MAB"}, Inert: true, Help: "this version has no load balancer"},
		{Name: "lb.replicas", Kind: Whole, Default: "128", Inert: true, Help: "this version has no load balancer"},
		{Name: "lb.refresh_interval", Kind: Seconds, Default: "30", Inert: true, Help: "this version has no load balancer"},
		{Name: "lb.arch_awareness", Kind: Truth, Inert: true, Help: "this version has no load balancer"},
		{Name: "loadbalancer.policy", Kind: Text, Inert: true, Help: "this version has no load balancer"},
		{Name: "loadbalancer.targets.interval", Kind: Seconds, Inert: true, Help: "this version has no load balancer"},
		{Name: "mab.policy", Kind: Text, Choices: []string{"UCB1", "LinUCB"}, Inert: true, Help: "this version has no load balancer"},
		{Name: "mab.ucb1.c", Kind: Decimal, Inert: true, Help: "this version has no load balancer"},
		{Name: "mab.linucb.alpha", Kind: Decimal, Inert: true, Help: "this version has no load balancer"},
		{Name: "mab.linucb.lambda", Kind: Decimal, Inert: true, Help: "this version has no load balancer"},
		{Name: "workflow.offloading.policy", Kind: Text, Choices: []string{"disable", "ilp", "heftless", "threshold"}, Inert: true, Help: "each task is placed by scheduler.policy"},
		{Name: "workflow.offloading.policy.ilp.placement.ttl", Kind: Seconds, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.region.cost", Kind: Text, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.ilp.obj.violations", Kind: Decimal, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.ilp.obj.data", Kind: Decimal, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.ilp.obj.cost", Kind: Decimal, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.ilp.obj.reclaimed", Kind: Decimal, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.node2datastore.bandwidth", Kind: Decimal, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.cloud2datastore.bandwidth", Kind: Decimal, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.optimizer.host", Kind: Text, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.optimizer.port", Kind: Whole, Max: 65535, Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.threshold", Kind: Decimal, Default: "0.75", Inert: true, Help: "see workflow.offloading.policy"},
		{Name: "workflow.offloading.policy.threshold.offloaded.max", Kind: Whole, Default: "5", Inert: true, Help: "see workflow.offloading.policy"},
	}
}
