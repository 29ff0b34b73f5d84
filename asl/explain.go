package asl

import "github.com/serverledge/serverledge/dag/source"

// Codes explains all codes of problems, in order.
func Codes() []source.Code {
	return append(formCodes(), meaningCodes()...)
}

// sample wraps a state into a definition, for the examples.
func sample(state string) string {
	return "StartAt: A\nStates:\n  A:\n" + state
}

// formCodes are about how a definition is written.
func formCodes() []source.Code {
	return []source.Code{
		{
			ID: "ASL001", Title: "The text is not JSON or YAML",
			Why:   "A definition that starts with { or [ is read as JSON, any other as YAML. The place is where the reader could not go on: the fault stands there or just before it. Frequent ones are a missing comma, a comma after the last member, and a text in single quotes.",
			Wrong: "{\"StartAt\": \"A\",\n \"States\": {\"A\": {\"Type\": \"Succeed\",}}}",
			Right: "{\"StartAt\": \"A\",\n \"States\": {\"A\": {\"Type\": \"Succeed\"}}}",
		},
		{
			ID: "ASL002", Title: "A key is set twice",
			Why:   "Of two equal keys one would win in silence. Two states of one name are often a copy that was not renamed.",
			Wrong: "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"End\": true, \"Type\": \"Succeed\"}}}",
			Right: "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Succeed\"}}}",
		},
		{
			ID: "ASL003", Title: "The definition is too large",
			Why: "A definition has at most 1 MiB, 5,000 states, and ten levels of Parallel and Map. Move a part into a workflow of its own and start it with arn:aws:states:::states:startExecution.sync:2, or put data where functions find it.",
		},
		{
			ID: "ASL004", Title: "YAML that a definition may not use",
			Why:   "A definition is one document of plain values: no second document, no alias that contains itself, no numbers that JSON lacks, such as .inf.",
			Wrong: "StartAt: A\nStates: {A: {Type: Succeed}}\n---\nStartAt: B",
			Right: "StartAt: A\nStates: {A: {Type: Succeed}}",
		},
		{
			ID: "ASL005", Title: "A value has the wrong type",
			Why:   "The field wants another JSON type. In YAML, quote what shall be a text: 1.0 is a number, \"1.0\" is a text.",
			Wrong: sample("    Type: Wait\n    Seconds: soon\n    End: true"),
			Right: sample("    Type: Wait\n    Seconds: 10\n    End: true"),
		},
		{
			ID: "ASL006", Title: "A field is missing",
			Why:   "Without the field nobody can tell what the state is to do. Every state needs a Type; all but Choice, Succeed and Fail need Next or End.",
			Wrong: sample("    Type: Pass"),
			Right: sample("    Type: Pass\n    End: true"),
		},
		{
			ID: "ASL007", Title: "A field that is not supported here",
			Why:   "The field has a typing error, belongs to another type of state, or to the other query language: InputPath, Parameters, ResultSelector, ResultPath and OutputPath are of JSONPath; Arguments, Output, Items and Condition of JSONata.",
			Wrong: sample("    Type: Pass\n    Coment: a typing error\n    End: true"),
			Right: sample("    Type: Pass\n    Comment: a remark\n    End: true"),
		},
		{
			ID: "ASL008", Title: "Fields that exclude each other",
			Why:   "Only one of them can hold: Next or End, a field or its Path form, one comparison in a rule.",
			Wrong: sample("    Type: Wait\n    Seconds: 10\n    SecondsPath: $.wait\n    End: true"),
			Right: sample("    Type: Wait\n    SecondsPath: $.wait\n    End: true"),
		},
		{
			ID: "ASL009", Title: "A value is out of its range",
			Why:   "The message tells what is allowed.",
			Wrong: sample("    Type: Wait\n    Seconds: -1\n    End: true"),
			Right: sample("    Type: Wait\n    Seconds: 0\n    End: true"),
		},
		{
			ID: "ASL010", Title: "There is no such Type",
			Why:   "Types are Task, Pass, Choice, Wait, Succeed, Fail, Parallel and Map, written like this.",
			Wrong: sample("    Type: Success"),
			Right: sample("    Type: Succeed"),
		},
		{
			ID: "ASL012", Title: "It leads to a state that is not there",
			Why:   "StartAt, Next, Default and the Next of a Catch or a rule name a state of the same level, letter by letter. A state inside a Parallel or a Map leads to states beside it only.",
			Wrong: sample("    Type: Pass\n    Next: b\n  B:\n    Type: Succeed"),
			Right: sample("    Type: Pass\n    Next: B\n  B:\n    Type: Succeed"),
		},
		{
			ID: "ASL014", Title: "A name cannot be used",
			Why:   "Names of states are unique in the whole definition, those inside of Parallel and Map included, and have at most 80 characters. A Label has at most 40, without blanks and characters that mean something in an ARN.",
			Wrong: sample("    Type: Parallel\n    End: true\n    Branches:\n      - {StartAt: A, States: {A: {Type: Succeed}}}"),
			Right: sample("    Type: Parallel\n    End: true\n    Branches:\n      - {StartAt: B, States: {B: {Type: Succeed}}}"),
		},
	}
}

// meaningCodes are about what a definition means.
func meaningCodes() []source.Code {
	return []source.Code{
		{
			ID: "ASL020", Title: "The path cannot be read",
			Why:   "A path starts with $ (the data), $$ (the context object) or $name (a variable) and goes on with .name, ['name'], [0], [*], .. or [?(...)]. The mark shows where it goes wrong.",
			Wrong: sample("    Type: Pass\n    InputPath: $.order lines\n    End: true"),
			Right: sample("    Type: Pass\n    InputPath: $['order lines']\n    End: true"),
		},
		{
			ID: "ASL021", Title: "A reference path must name one place",
			Why:   "Where something is written or read as one value, the path consists of names and single indexes only, and ResultPath starts with a single $.",
			Wrong: sample("    Type: Pass\n    ResultPath: $.lines[*]\n    End: true"),
			Right: sample("    Type: Pass\n    ResultPath: $.lines\n    End: true"),
		},
		{
			ID: "ASL022", Title: "The intrinsic function cannot be read",
			Why:   "Functions are written States.Name(argument, argument); arguments are paths, functions, numbers, true, false, null, or texts in single quotes, in which \\', \\{, \\} and \\\\ are the only escapes.",
			Wrong: sample("    Type: Pass\n    Parameters: {greeting.$: \"States.Format('hello {}' $.name)\"}\n    End: true"),
			Right: sample("    Type: Pass\n    Parameters: {greeting.$: \"States.Format('hello {}', $.name)\"}\n    End: true"),
		},
		{
			ID: "ASL023", Title: "A key that ends in .$ has no path",
			Why:   "The value under such a key is computed: it must be a path or an intrinsic function. Take .$ away to give a plain value, and do not give one key in both forms.",
			Wrong: sample("    Type: Pass\n    Parameters: {count.$: 3}\n    End: true"),
			Right: sample("    Type: Pass\n    Parameters: {count: 3}\n    End: true"),
		},
		{
			ID: "ASL024", Title: "A date is not as RFC 3339 has it",
			Why:   "Write date, a capital T, time and zone.",
			Wrong: sample("    Type: Wait\n    Timestamp: \"2030-01-31 12:00\"\n    End: true"),
			Right: sample("    Type: Wait\n    Timestamp: \"2030-01-31T12:00:00Z\"\n    End: true"),
		},
		{
			ID: "ASL025", Title: "The JSONata expression cannot be used",
			Why:   "An expression stands between {% and %}, without blanks outside of them. The mark shows where it goes wrong. $states.result is there in Output and Assign of Task, Parallel and Map, $states.errorOutput in those of a Catch; $states itself cannot be assigned.",
			Wrong: sample("    Type: Pass\n    QueryLanguage: JSONata\n    Output: \"{% $states.input.n + %}\"\n    End: true"),
			Right: sample("    Type: Pass\n    QueryLanguage: JSONata\n    Output: \"{% $states.input.n + 1 %}\"\n    End: true"),
		},
		{
			ID: "ASL026", Title: "The JSONata expression looks at nothing",
			Why:   "There is no input document as in other uses of JSONata: a bare name is undefined, and the state will fail. Everything is below $states: input, context, result, errorOutput.",
			Wrong: sample("    Type: Pass\n    QueryLanguage: JSONata\n    Output: \"{% order.total %}\"\n    End: true"),
			Right: sample("    Type: Pass\n    QueryLanguage: JSONata\n    Output: \"{% $states.input.order.total %}\"\n    End: true"),
		},
		{
			ID: "ASL027", Title: "A variable cannot be assigned",
			Why:   "Names of variables have letters, digits and _, at most 80 characters, and do not begin with a digit; \"states\" is reserved. Inside a Parallel or a Map the variables of the outer scope can be read but not assigned: return the value as output.",
			Wrong: sample("    Type: Pass\n    Assign: {order.id: 7}\n    End: true"),
			Right: sample("    Type: Pass\n    Assign: {orderId: 7}\n    End: true"),
		},
		{
			ID: "ASL028", Title: "No state assigns the variable",
			Why:   "Reading a variable that has no value fails the state. The name may have a typing error; the variable may belong to a branch that is over; or the state is an item of a distributed Map, which is an execution of its own and sees no variables of its parent.",
			Wrong: sample("    Type: Pass\n    Assign: {total: 7}\n    Next: B\n  B:\n    Type: Pass\n    Parameters: {sum.$: $totl}\n    End: true"),
			Right: sample("    Type: Pass\n    Assign: {total: 7}\n    Next: B\n  B:\n    Type: Pass\n    Parameters: {sum.$: $total}\n    End: true"),
		},
		{
			ID: "ASL030", Title: "The level never ends",
			Why:   "A machine, a branch or a processor needs a state that can be reached and ends it: one with \"End\": true, a Succeed or a Fail.",
			Wrong: sample("    Type: Pass\n    Next: A"),
			Right: sample("    Type: Pass\n    End: true"),
		},
		{
			ID: "ASL031", Title: "A state cannot be reached",
			Why:   "No way leads to it from StartAt. Often a Next names the wrong state.",
			Wrong: sample("    Type: Succeed\n  B:\n    Type: Succeed"),
			Right: sample("    Type: Pass\n    Next: B\n  B:\n    Type: Succeed"),
		},
		{
			ID: "ASL032", Title: "A Choice without Default",
			Why:   "Input that no rule matches fails the Choice with States.NoChoiceMatched, which nothing in the same level can catch.",
			Wrong: sample("    Type: Choice\n    Choices: [{Variable: $.n, NumericEquals: 1, Next: B}]\n  B:\n    Type: Succeed"),
			Right: sample("    Type: Choice\n    Choices: [{Variable: $.n, NumericEquals: 1, Next: B}]\n    Default: B\n  B:\n    Type: Succeed"),
		},
		{
			ID: "ASL033", Title: "States.ALL hides what stands beside or after it",
			Why:   "States.ALL matches everything: it stands alone in its ErrorEquals, in the last Retry or Catch.",
			Wrong: sample("    Type: Task\n    Resource: f\n    Retry: [{ErrorEquals: [States.ALL]}, {ErrorEquals: [Busy]}]\n    End: true"),
			Right: sample("    Type: Task\n    Resource: f\n    Retry: [{ErrorEquals: [Busy]}, {ErrorEquals: [States.ALL]}]\n    End: true"),
		},
		{
			ID: "ASL034", Title: "Too many branches at a time",
			Why: "Nested Parallel states multiply: at most 10,000 branches may be open at a time. Use a Map with MaxConcurrency.",
		},
		{
			ID: "ASL035", Title: "No error has this name",
			Why:   "Names that begin with States. belong to the language. A Retry or Catch for one that does not exist never matches.",
			Wrong: sample("    Type: Task\n    Resource: f\n    Catch: [{ErrorEquals: [State.Timeout], Next: B}]\n    Next: B\n  B:\n    Type: Succeed"),
			Right: sample("    Type: Task\n    Resource: f\n    Catch: [{ErrorEquals: [States.Timeout], Next: B}]\n    Next: B\n  B:\n    Type: Succeed"),
		},
		{
			ID: "ASL037", Title: "A field without effect",
			Why:   "The definition runs, but this part of it means nothing here: functions run under no role and have one version, and there are no stored connections.",
			Wrong: sample("    Type: Task\n    Resource: \"arn:aws:lambda:eu-south-1:123456789012:function:f:prod\"\n    End: true"),
			Right: sample("    Type: Task\n    Resource: \"arn:aws:lambda:eu-south-1:123456789012:function:f\"\n    End: true"),
		},
		{
			ID: "ASL040", Title: "An express execution cannot do this",
			Why: "Express executions are kept in memory only: they cannot wait for a task token, for the end of another execution (.sync) or for an activity, and have no distributed Map. Register the workflow as STANDARD.",
		},
		{
			ID: "ASL041", Title: "It belongs to distributed maps",
			Why:   "ItemReader, ItemBatcher, ResultWriter and Label need \"Mode\": \"DISTRIBUTED\" in the ProcessorConfig of the ItemProcessor; tolerated failures have no effect without it.",
			Wrong: sample("    Type: Map\n    Label: lines\n    ItemProcessor: {StartAt: B, States: {B: {Type: Succeed}}}\n    End: true"),
			Right: sample("    Type: Map\n    Label: lines\n    ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: B, States: {B: {Type: Succeed}}}\n    End: true"),
		},
		{
			ID: "ASL042", Title: "The query languages do not go together",
			Why:   "When the whole machine says JSONata, no state may say JSONPath. The other way round is fine: a JSONPath machine may have states in JSONata.",
			Wrong: "QueryLanguage: JSONata\nStartAt: A\nStates:\n  A: {Type: Succeed, QueryLanguage: JSONPath}",
			Right: "StartAt: A\nStates:\n  A: {Type: Succeed, QueryLanguage: JSONata}",
		},
		{
			ID: "ASL093", Title: "No node can call this service",
			Why:   "A Task calls a function (by its name or as arn:aws:lambda:...:function:NAME), an activity, lambda:invoke, states:startExecution, http:invoke, or aws-sdk:s3:getObject and putObject. Other services of AWS are not here: put a function in between, or answer for the state with a mock in tests (workflow run --mock).",
			Wrong: sample("    Type: Task\n    Resource: \"arn:aws:states:::sqs:sendMessage\"\n    Parameters: {QueueUrl: orders, MessageBody.$: $}\n    End: true"),
			Right: sample("    Type: Task\n    Resource: send-order\n    End: true"),
		},
	}
}
