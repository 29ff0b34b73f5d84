package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
)

// The defaults of Options.
const (
	DefaultDialTimeout    = 5 * time.Second
	DefaultRequestTimeout = 5 * time.Second
)

// Options of a client.
type Options struct {
	// Endpoints is the address of the cluster as in etcd.address: one or more
	// "host:port" or URLs, separated by commas.
	Endpoints string
	// DialTimeout bounds the first contact, RequestTimeout each request.
	// DefaultDialTimeout and DefaultRequestTimeout when 0.
	DialTimeout, RequestTimeout time.Duration
	// TLS, Username and Password are how to prove who we are, if at all.
	TLS                *tls.Config
	Username, Password string
	// Log is told of what etcd's client warns of; nothing is by default.
	Log *slog.Logger
}

// Driver is a store.Driver over an etcd client.
type Driver struct {
	client  *clientv3.Client
	timeout time.Duration
	// lifetime ends with Close, or when the embedded member died.
	lifetime context.Context //nolint:containedctx // the one that the owner of goroutines makes in New and ends in Close
	end      context.CancelCauseFunc
	wg       sync.WaitGroup
}

// Open connects to a cluster and asks it for a sign of life: fault.Unavailable
// "etcd_unreachable" when there is none in DialTimeout.
func Open(ctx context.Context, o Options) (*Driver, error) {
	if o.DialTimeout <= 0 {
		o.DialTimeout = DefaultDialTimeout
	}
	endpoints := split(o.Endpoints)
	if len(endpoints) == 0 {
		return nil, fault.New(fault.Invalid, "invalid_address", "the address of etcd is empty").
			WithHint("set etcd.address to host:port, or leave it out to use the embedded store")
	}
	const keepAlive, keepAliveTimeout = 10 * time.Second, 3 * time.Second
	client, err := clientv3.New(clientv3.Config{
		Endpoints: endpoints, DialTimeout: o.DialTimeout, TLS: o.TLS, Username: o.Username, Password: o.Password,
		DialKeepAliveTime: keepAlive, DialKeepAliveTimeout: keepAliveTimeout,
		DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(failFast)},
		Logger:      quietLogger(o.Log, nil),
	})
	if err != nil {
		return nil, fault.New(fault.Unavailable, "etcd_unreachable", "connecting to etcd at %s: %w", o.Endpoints, err)
	}
	d := newDriver(client, o.RequestTimeout)
	ctx, cancel := context.WithTimeout(ctx, o.DialTimeout)
	defer cancel()
	if _, err := d.Range(ctx, store.Query{Key: "/"}); err != nil {
		return nil, errors.Join(fault.New(fault.Unavailable, "etcd_unreachable", "etcd does not answer at %s: %w", o.Endpoints, err).
			WithHint("start it, correct etcd.address, or leave etcd.address out to use the embedded store"), d.Close())
	}
	return d, nil
}

// failFast makes a transaction fail at once while no connection can be made.
// The client would wait for one until the request's time is over, and then
// nobody could tell any more that nothing was sent.
func failFast(ctx context.Context, method string, req, answer any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if method == pb.KV_Txn_FullMethodName {
		opts = append(opts, grpc.WaitForReady(false))
	}
	return call(ctx, method, req, answer, conn, opts...)
}

// split cuts a list of endpoints at its commas.
func split(list string) []string {
	var out []string
	for e := range strings.SplitSeq(list, ",") {
		if e = strings.TrimSpace(e); e != "" {
			out = append(out, e)
		}
	}
	return out
}

func newDriver(client *clientv3.Client, timeout time.Duration) *Driver {
	if timeout <= 0 {
		timeout = DefaultRequestTimeout
	}
	d := &Driver{client: client, timeout: timeout}
	d.lifetime, d.end = context.WithCancelCause(context.Background())
	return d
}

// Close ends all watches and what keeps leases alive, and waits for them.
// Leases that are not closed run out.
func (d *Driver) Close() error {
	d.end(fault.New(fault.Unavailable, "store_closed", "the store is closed"))
	d.wg.Wait()
	if err := d.client.Close(); err != nil && !errors.Is(err, context.Canceled) {
		return fault.New(fault.Unavailable, "store_unavailable", "closing the client of etcd: %w", err)
	}
	return nil
}

// request bounds a context by the driver's timeout and lifetime. It fails when
// the request need not even be tried.
func (d *Driver) request(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if d.lifetime.Err() != nil {
		return nil, nil, context.Cause(d.lifetime)
	}
	if ctx.Err() != nil {
		return nil, nil, fault.New(fault.Unavailable, "store_unavailable", "etcd was not asked: %w", context.Cause(ctx))
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	stop := context.AfterFunc(d.lifetime, cancel)
	return ctx, func() { stop(); cancel() }, nil
}

// Range implements store.Driver.
func (d *Driver) Range(ctx context.Context, q store.Query) (store.Page, error) {
	ctx, cancel, err := d.request(ctx)
	if err != nil {
		return store.Page{}, err
	}
	defer cancel()
	key, opts := q.Key, []clientv3.OpOption(nil)
	if key == "" {
		key = max(q.Prefix, q.From, "\x00")
		opts = append(opts, clientv3.WithRange(rangeEnd(store.PrefixEnd(q.Prefix))), clientv3.WithLimit(int64(q.Limit)),
			clientv3.WithSort(clientv3.SortByKey, clientv3.SortAscend))
	}
	if q.KeysOnly {
		opts = append(opts, clientv3.WithKeysOnly())
	}
	answer, err := d.client.Get(ctx, key, opts...)
	if err != nil {
		return store.Page{}, readFault(err)
	}
	page := store.Page{Rev: answer.Header.GetRevision(), More: answer.More, KVs: make([]store.KV, len(answer.Kvs))}
	for i, kv := range answer.Kvs {
		page.KVs[i] = store.KV{Key: string(kv.Key), Value: kv.Value, Created: kv.CreateRevision, Modified: kv.ModRevision}
	}
	return page, nil
}

// rangeEnd is the end of a range as etcd writes it.
func rangeEnd(end string) string {
	if end == "" {
		return "\x00" // all keys from the first on
	}
	return end
}

// Txn implements store.Driver.
func (d *Driver) Txn(ctx context.Context, conds []store.Cond, ops []store.Op) (committed bool, rev int64, err error) {
	if err := store.CheckTxn(conds, ops); err != nil {
		return false, 0, err
	}
	ctx, cancel, err := d.request(ctx)
	if err != nil {
		return false, 0, err
	}
	defer cancel()
	compares, changes := make([]clientv3.Cmp, len(conds)), make([]clientv3.Op, len(ops))
	for i, c := range conds {
		compares[i] = compare(c)
	}
	for i, op := range ops {
		changes[i] = change(op)
	}
	answer, err := d.client.Txn(ctx).If(compares...).Then(changes...).Commit()
	if err != nil {
		return false, 0, writeFault(err)
	}
	return answer.Succeeded, answer.Header.GetRevision(), nil
}

func compare(c store.Cond) clientv3.Cmp {
	switch c.Kind {
	case store.CondAbsent:
		return clientv3.Compare(clientv3.CreateRevision(c.Key), "=", 0)
	case store.CondPresent:
		return clientv3.Compare(clientv3.CreateRevision(c.Key), ">", 0)
	case store.CondModified:
		return clientv3.Compare(clientv3.ModRevision(c.Key), "=", c.Rev)
	case store.CondValue:
		return clientv3.Compare(clientv3.Value(c.Key), "=", string(c.Value))
	}
	panic("unreachable: kind of condition")
}

func change(op store.Op) clientv3.Op {
	switch op.Kind {
	case store.OpPut:
		if op.Lease != 0 {
			return clientv3.OpPut(op.Key, string(op.Value), clientv3.WithLease(clientv3.LeaseID(op.Lease)))
		}
		return clientv3.OpPut(op.Key, string(op.Value))
	case store.OpDelete:
		return clientv3.OpDelete(op.Key)
	case store.OpDeleteRange:
		return clientv3.OpDelete(op.Key, clientv3.WithRange(rangeEnd(op.End)))
	}
	panic("unreachable: kind of operation")
}
