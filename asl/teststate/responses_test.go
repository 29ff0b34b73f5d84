package teststate

import (
	"regexp"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

func TestCheckResult(t *testing.T) {
	t.Parallel()
	const missing, wrong = "Required field '", "Field '"
	for _, c := range []struct {
		service, action, result string
		mode                    Mode
		want                    string // what follows the prefix of all; "" for nothing
	}{
		{"states", "startExecution", `{}`, "", missing + "ExecutionArn' is missing"},
		{"states", "startExecution", `{}`, Present, ""},
		{"states", "startExecution", `{"ExecutionArn":1}`, None, ""},
		{"states", "startExecution", `{"ExecutionArn":1}`, Present, wrong + "ExecutionArn' must be a string"},
		{"states", "startExecution", `{"ExecutionArn":"","StartDate":""}`, Strict, wrong + "ExecutionArn' is smaller than the minimum length"},
		{"states", "startExecution", `{"ExecutionArn":"a","StartDate":"d","More":1}`, Strict, ""},
		{"aws-sdk:sfn", "startExecution", `{"StartDate":""}`, Strict, missing + "ExecutionArn' is missing"},
		{"states", "startExecution.sync", `{"ExecutionArn":"a"}`, Strict, missing + "StateMachineArn' is missing"},
		{"states", "startExecution.sync:2", `{"Output":{"a":1}}`, Present, ""},
		{"states", "startExecution.sync", `{"Output":{"a":1}}`, Present, wrong + "Output' must be a string"},
		{"lambda", "invoke", `{"Payload":{"a":1},"StatusCode":"200"}`, Strict, wrong + "StatusCode' must be a number"},
		{"lambda", "invoke", `{"Payload":{"a":1}}`, Strict, ""},
		{"aws-sdk:lambda", "invoke", `{"Payload":{"a":1}}`, Strict, wrong + "Payload' must be a string"},
		{"aws-sdk:lambda", "getFunction", `{"Configuration":{"MemorySize":127}}`, Strict, wrong + "MemorySize' is smaller than the minimum value"},
		{"aws-sdk:lambda", "getFunction", `{"Configuration":{"MemorySize":10241}}`, Strict, wrong + "MemorySize' exceeds the maximum value"},
		{"aws-sdk:lambda", "getFunction", `{"Configuration":[]}`, Strict, wrong + "Configuration' must be an object"},
		{"aws-sdk:lambda", "getFunction", `{"Configuration":{"KMSKeyArn":1,"KmsKeyArn":"k"}}`, Strict, ""},
		{"aws-sdk:lambda", "getFunction", `{"Configuration":{"KmsKeyArn":1}}`, Strict, wrong + "KmsKeyArn' must be a string"},
		{"events", "putEvents", `{"Entries":[{"EventId":"e"},{"EventId":1}]}`, Strict, wrong + "EventId' must be a string"},
		{"events", "putEvents", `{"FailedEntryCount":1,"Entries":{}}`, Strict, wrong + "Entries' must be an array"},
		{"dynamodb", "getItem", `{"Item":{"a":{"M":{"b":{"S":1}}}}}`, Strict, wrong + "S' must be a string"},
		{"dynamodb", "getItem", `{"Item":{"a":{"BOOL":"yes"}}}`, Strict, wrong + "BOOL' must be a boolean"},
		{"dynamodb", "getItem", `{"Item":{"a":1}}`, Strict, wrong + "a' must be an object"},
		{"sqs", "sendMessage", `{"MD5OfMessageBody":1}`, Strict, wrong + "MD5OfMessageBody' must be a string"},
		{"aws-sdk:sqs", "sendMessage", `{"Md5OfMessageBody":1}`, Strict, wrong + "Md5OfMessageBody' must be a string"},
		{"aws-sdk:kms", "encrypt", `{"CiphertextBlob":"` + strings.Repeat("a", 6145) + `"}`, Strict, wrong + "CiphertextBlob' exceeds the maximum length"},
		{"ecs", "runTask.sync", `{"TaskArn":1}`, Strict, wrong + "TaskArn' must be a string"},
		{"aws-sdk:unheard", "of", `[]`, Strict, ""},
		{"http", "invoke", `1`, Strict, ""},
	} {
		v, err := value.Parse([]byte(c.result))
		if err != nil {
			t.Fatal(err)
		}
		r := dag.Resource{Service: c.service, Action: c.action}
		if strings.Contains(c.action, ".sync") {
			r.Pattern = dag.Sync
		}
		got := ""
		if err := checkResult(r, v, c.mode); err != nil {
			got = strings.TrimPrefix(err.Error(), "Mock result schema validation error: ")
		}
		if got != c.want {
			t.Errorf("%s:%s %.60s %s: got %q, want %q", c.service, c.action, c.result, c.mode, got, c.want)
		}
	}
	if err := checkResult(dag.Resource{Service: "sqs", Action: "sendMessage.waitForTaskToken", Pattern: dag.Callback}, value.NullValue, Strict); err != nil {
		t.Errorf("the result of a callback comes from elsewhere: %v", err)
	}
	if err := checkResult(dag.Resource{Service: "lambda", Action: "invoke"}, value.EmptyArray, Strict); err == nil {
		t.Error("no service answers an array")
	}
}

// Each line of the table can be used: its types are known, its structures are
// there, and nothing stands in it that no operation reaches.
func TestTable(t *testing.T) {
	t.Parallel()
	plain := regexp.MustCompile(`^([snbo*]|[A-Z]\w*)(-?\d*\.\.[\d.]*)?$`)
	services := regexp.MustCompile(`(?m)^@(.*)$`).FindAllStringSubmatch(responses, -1)
	if len(services) < 15 {
		t.Fatalf("the table has only %d sections", len(services))
	}
	for _, s := range services {
		table := open(s[1])
		reached := map[string]bool{}
		var visit func(line string)
		visit = func(line string) {
			for f := range strings.FieldsSeq(line) {
				name, kind, typed := strings.Cut(f, ":")
				if !typed {
					t.Errorf("%s: %q has no type", s[1], name)
					continue
				}
				for kind[0] == '[' || kind[0] == '{' {
					end := map[byte]string{'[': "]", '{': "}"}[kind[0]]
					kind, _ = split(kind[1:], end)
				}
				if !plain.MatchString(kind) {
					t.Errorf("%s: %s has the unknown type %q", s[1], name, kind)
				}
				if first := kind[0]; first < 'A' || first > 'Z' || reached[kind] {
					continue
				}
				reached[kind] = true
				if table[kind] == "" {
					t.Errorf("%s: there is no structure %s", s[1], kind)
				}
				visit(table[kind])
			}
		}
		for name, line := range table {
			if name[0] >= 'a' && name[0] <= 'z' && strings.Contains(line, ":") {
				visit(line)
			} else if name[0] >= 'a' && name[0] <= 'z' && line != "" {
				if reached[line] = true; table[line] == "" {
					t.Errorf("%s: %s refers to %q, which is not there", s[1], name, line)
				}
				visit(table[line])
			}
		}
		for name := range table {
			if name[0] >= 'A' && name[0] <= 'Z' && !reached[name] {
				t.Errorf("%s: nothing uses %s", s[1], name)
			}
		}
	}
}
