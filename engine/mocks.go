package engine

import (
	"sync"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/mock"
)

// mocking counts the calls of mocked states. An execution shares it with its
// children; nil mocks nothing.
type mocking struct {
	answers mock.Answers

	mu    sync.Mutex
	calls map[string]int
}

func newMocking(answers mock.Answers) *mocking {
	if len(answers) == 0 {
		return nil
	}
	return &mocking{answers: answers, calls: map[string]int{}}
}

// count counts a call of a mocked state by (1), or takes it back (-1).
func (m *mocking) count(cmd dag.Command, by int) {
	invoke, ok := cmd.(dag.Invoke)
	if m == nil || !ok || m.answers[invoke.State] == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[invoke.State] += by
}

// answer returns what a call gets instead of being made.
func (m *mocking) answer(cmd dag.Invoke) (mock.Answer, bool) {
	if m == nil || cmd.Resource.Kind == dag.ChildResource {
		return mock.Answer{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	answer, mocked := m.answers.Of(cmd.State, m.calls[cmd.State])
	if mocked {
		m.calls[cmd.State]++
	}
	return answer, mocked
}
