package store

import "github.com/serverledge/serverledge/internal/fault"

// CheckTxn refuses a transaction that no driver takes: fault.Invalid when it
// has too many parts or changes a key twice, fault.TooLarge over MaxTxn.
// Drivers call it first, so that they all refuse the same.
func CheckTxn(conds []Cond, ops []Op) error {
	if len(conds) > MaxOps || len(ops) > MaxOps {
		return fault.New(fault.Invalid, "too_many_operations",
			"a transaction has %d conditions and %d operations, more than %d", len(conds), len(ops), MaxOps)
	}
	size := 0
	puts := make(map[string]bool, len(ops))
	for _, op := range ops {
		size += len(op.Key) + len(op.Value)
		if op.Kind != OpPut {
			continue
		}
		if puts[op.Key] {
			return changedTwice(op.Key)
		}
		puts[op.Key] = true
	}
	if size > MaxTxn {
		return fault.New(fault.TooLarge, "transaction_too_large", "a transaction has %d bytes, more than %d", size, MaxTxn)
	}
	for _, op := range ops {
		switch op.Kind {
		case OpPut:
		case OpDelete:
			if puts[op.Key] {
				return changedTwice(op.Key)
			}
		case OpDeleteRange:
			for key := range puts {
				if key >= op.Key && (op.End == "" || key < op.End) {
					return changedTwice(key)
				}
			}
		}
	}
	return nil
}

func changedTwice(key string) error {
	return fault.New(fault.Invalid, "duplicate_key", "a transaction changes the key %s twice", key)
}
