// Package etcd is the store.Driver over etcd: a client of an external cluster
// (Open), or one member in this process with its data in a directory
// (StartEmbedded). It is the only package that imports etcd, and knows nothing
// of what the keys mean.
package etcd
