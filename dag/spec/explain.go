package spec

import "github.com/serverledge/serverledge/dag/source"

// Codes explains all codes of problems, in order.
func Codes() []source.Code {
	return []source.Code{
		{
			ID: "DAG001", Title: "The text is not YAML or JSON",
			Why:   "A definition that starts with { or [ is read as JSON, any other as YAML. The place is where the reader could not go on: the fault stands there or just before it.",
			Wrong: "tasks:\n  a: {function: f",
			Right: "tasks:\n  a: {function: f}",
		},
		{
			ID: "DAG002", Title: "A key is set twice",
			Why:   "Of two equal keys one would win in silence. Two tasks of one name are often a copy that was not renamed.",
			Wrong: "tasks:\n  a: {function: f}\n  a: {function: g}",
			Right: "tasks:\n  a: {function: f}\n  b: {function: g}",
		},
		{
			ID: "DAG003", Title: "The definition is too large",
			Why: "A definition has at most 1 MiB. Put data where functions find it, and split the workflow.",
		},
		{
			ID: "DAG004", Title: "YAML that a definition may not use",
			Why:   "A definition is one document of plain values: no second document, no merge keys (<<), no alias that contains itself, no numbers that JSON lacks, such as .inf.",
			Wrong: "x: &x {function: f}\ntasks:\n  a: {<<: *x}",
			Right: "tasks:\n  a: {function: f}",
		},
		{
			ID: "DAG005", Title: "A value has the wrong type",
			Why:   "The field wants another JSON type. In YAML, quote what shall be a text: 1.0 is a number, \"1.0\" is a text.",
			Wrong: "tasks:\n  a: {function: f, needs: b}\n  b: {function: g}",
			Right: "tasks:\n  a: {function: f, needs: [b]}\n  b: {function: g}",
		},
		{
			ID: "DAG006", Title: "A field is missing",
			Why:   "A definition needs tasks, and every task a function.",
			Wrong: "tasks:\n  a: {timeout: 3s}",
			Right: "tasks:\n  a: {function: f, timeout: 3s}",
		},
		{
			ID: "DAG007", Title: "An unknown field",
			Why:   "The field has a typing error, or belongs elsewhere: attempts and interval are fields of retry, not of the task.",
			Wrong: "tasks:\n  a: {function: f, tiemout: 3s}",
			Right: "tasks:\n  a: {function: f, timeout: 3s}",
		},
		{
			ID: "DAG009", Title: "A value is out of its range",
			Why:   "The message names the range. Durations are written as 500ms, 30s, 5m or 1h30m.",
			Wrong: "tasks:\n  a: {function: f, timeout: 3 days}",
			Right: "tasks:\n  a: {function: f, timeout: 30s}",
		},
		{
			ID: "DAG010", Title: "Not the name of a task",
			Why:   "Tasks are named by 1 to 80 letters, digits, _ and -, beginning with a letter or _. Words that expressions give a meaning of their own, such as input and item, are taken.",
			Wrong: "tasks:\n  item: {function: f}",
			Right: "tasks:\n  article: {function: f}",
		},
		{
			ID: "DAG012", Title: "A task that is not there is needed",
			Why:   "needs names tasks of the same definition, letter by letter.",
			Wrong: "tasks:\n  fetch: {function: f}\n  show: {function: g, needs: [fech]}",
			Right: "tasks:\n  fetch: {function: f}\n  show: {function: g, needs: [fetch]}",
		},
		{
			ID: "DAG013", Title: "Tasks need each other in a circle",
			Why:   "None of them could ever start. A task also needs those whose output it uses in with, when or foreach. For a loop, write the workflow in the Amazon States Language.",
			Wrong: "tasks:\n  a: {function: f, needs: [b]}\n  b: {function: g, needs: [a]}",
			Right: "tasks:\n  a: {function: f}\n  b: {function: g, needs: [a]}",
		},
		{
			ID: "DAG020", Title: "An expression is wrong",
			Why:   "Expressions stand between ${ and }, or alone in when and foreach. They know input, the outputs of tasks by name, and under foreach item and index. Write $${ for a plain ${.",
			Wrong: "tasks:\n  a: {function: f, with: {n: \"${input.n ==}\"}}",
			Right: "tasks:\n  a: {function: f, with: {n: \"${input.n == 1}\"}}",
		},
		{
			ID: "DAG022", Title: "Not the name of a function",
			Why:   "A function is named by 1 to 63 letters, digits, '_', '.' and '-'.",
			Wrong: "tasks:\n  a: {function: my/function}",
			Right: "tasks:\n  a: {function: my-function}",
		},
		{
			ID: "DAG031", Title: "Something has no effect",
			Why:   "The definition runs, but a part of it does nothing: most often one was left over, or another is missing.",
			Wrong: "tasks:\n  a: {function: f, concurrency: 4}",
			Right: "tasks:\n  a: {function: f, foreach: input.items, concurrency: 4}",
		},
	}
}
