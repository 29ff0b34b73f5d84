package memory_test

import (
	"testing"

	"github.com/serverledge/serverledge/store/objects/memory"
	"github.com/serverledge/serverledge/store/objects/objectstest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	objectstest.Run(t, func(*testing.T) objectstest.Subject {
		return objectstest.Subject{Store: memory.New("bucket"), Bucket: "bucket"}
	})
}
