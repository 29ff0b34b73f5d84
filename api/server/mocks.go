package server

import "github.com/serverledge/serverledge/dag/mock"

// decodeMocks binds the mocked answers of a request, by name of the state and
// then by number of the call.
func decodeMocks(o *object) mock.Answers {
	states := o.object("mocks")
	if states == nil {
		return nil
	}
	answers := mock.Answers{}
	states.entries(func(state string, calls *object) {
		before := len(*calls.faults)
		calls.entries(func(_ string, answer *object) { checkAnswer(answer) })
		if len(*calls.faults) > before {
			return
		}
		var sequence mock.Sequence
		if err := sequence.UnmarshalJSON(calls.members.Bytes()); err != nil {
			calls.bad("", "invalid_mock", "%s", err)
		}
		answers[state] = sequence
	})
	return answers
}

// checkAnswer checks the members of one answer.
func checkAnswer(answer *object) {
	answer.find("Return")
	if failure := answer.object("Throw"); failure != nil {
		var text string
		failure.text("Error", &text, maxError)
		failure.text("Cause", &text, maxCause)
		failure.close()
	}
	answer.close()
}
