package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/store/objects/s3/s3test"
)

// inFiles returns the settings of a node that keeps objects in files, and the
// folder of its buckets.
func inFiles(t *testing.T) (dir, buckets string, set []string) {
	t.Helper()
	dir = t.TempDir()
	buckets = filepath.Join(dir, "objects")
	return dir, buckets, nil
}

// inS3 is the same with a real server of S3, over TLS.
func inS3(t *testing.T) (dir, buckets string, set []string) {
	t.Helper()
	s := s3test.Start(t, s3test.Options{TLS: true})
	dir = t.TempDir()
	keys := map[string]string{"access": s.AccessKey, "secret": s.SecretKey}
	for name, key := range keys {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		set = append(set, "objects.s3."+name+".file="+file)
	}
	return dir, s.Buckets, append(set, "objects.s3.endpoint="+s.Endpoint, "objects.s3.region="+s.Region, "objects.s3.ca.file="+s.CAFile)
}

// TestDistributedMaps: the rows of an object are given to a real function, in
// batches, and what came of them is written into objects.
func TestDistributedMaps(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(*testing.T) (string, string, []string){"files": inFiles, "S3": inS3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, buckets, set := place(t)
			n := startIn(t, dir, "sandbox", set...)
			n.function(api.Function{Name: "total", Handler: "total.handler", MaxConcurrency: 1}, "total.py", `
class Odd(Exception): pass
def handler(p, c):
    n = sum(int(i["n"]) for i in p["Items"])
    if n == 7: raise Odd("seven")
    return {"sum": n, "of": [i["name"] for i in p["Items"]]}
`)
			if err := os.MkdirAll(filepath.Join(buckets, "people"), 0o755); err != nil {
				t.Fatal(err)
			}
			rows := "name,n\nann,1\nbob,2\neve,3\nmax,4\nzoe,5\n"
			if err := os.WriteFile(filepath.Join(buckets, "people", "in.csv"), []byte(rows), 0o644); err != nil {
				t.Fatal(err)
			}
			x := n.run(`{"QueryLanguage":"JSONata","StartAt":"Each","States":{"Each":{"Type":"Map","End":true,
				"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Arguments":{"Bucket":"people","Key":"in.csv"},
					"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"}},
				"ItemBatcher":{"MaxItemsPerBatch":2},"ToleratedFailureCount":1,
				"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"T","States":{"T":{"Type":"Task","Resource":"total","End":true}}},
				"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"people","Prefix":"out"},"WriterConfig":{"Transformation":"COMPACT","OutputType":"JSONL"}}}}}`, `{}`)
			var result struct {
				ResultWriterDetails struct{ Bucket, Key string }
			}
			if err := json.Unmarshal(x.Output, &result); err != nil || x.Status != "SUCCEEDED" || result.ResultWriterDetails.Bucket != "people" {
				t.Fatalf("got %s %s %+v %v", x.Status, x.Output, x.Failure, err)
			}
			folder := filepath.Join(buckets, "people", filepath.Dir(result.ResultWriterDetails.Key))
			good, err := os.ReadFile(filepath.Join(folder, "SUCCEEDED_0.jsonl"))
			if want := `{"sum":3,"of":["ann","bob"]}` + "\n" + `{"sum":5,"of":["zoe"]}` + "\n"; err != nil || string(good) != want {
				t.Errorf("got %s %v, want %s", good, err, want)
			}
			bad, err := os.ReadFile(filepath.Join(folder, "FAILED_0.jsonl"))
			if err != nil || !strings.Contains(string(bad), `"Error":"Odd"`) || !strings.Contains(string(bad), `\"name\":\"eve\"`) {
				t.Errorf("got %s %v", bad, err)
			}
			// what is written of a child leads to its execution
			var record struct{ ExecutionArn, Status string }
			if err := json.Unmarshal(bad, &record); err != nil {
				t.Fatal(err)
			}
			if child, err := n.Execution(t.Context(), record.ExecutionArn); err != nil || child.Parent != x.ID || child.Status != record.Status {
				t.Errorf("got %+v %v", child, err)
			}
		})
	}
}

// TestServices: tasks read and write objects, call endpoints that the node may
// call, and no others.
func TestServices(t *testing.T) {
	t.Parallel()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"path":%q}`, r.URL.Path)
	}))
	t.Cleanup(endpoint.Close)
	dir, buckets, _ := inFiles(t)
	n := startIn(t, dir, "sandbox", "workflow.http.allow="+strings.TrimPrefix(endpoint.URL, "http://"))
	if err := os.MkdirAll(filepath.Join(buckets, "box"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ states, output, error string }{
		"object": {`{"Put":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:s3:putObject","Parameters":{"Bucket":"box","Key":"a/b","Body":{"x":1}},"Next":"Get"},
			"Get":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:s3:getObject","Parameters":{"Bucket":"box","Key":"a/b"},"OutputPath":"$.Body","End":true}}`, `"{\"x\":1}"`, ""},
		"no object": {`{"Get":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:s3:getObject","Parameters":{"Bucket":"box","Key":"none"},"End":true}}`, "", "S3.NoSuchKeyException"},
		"endpoint": {`{"Call":{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Parameters":{"ApiEndpoint":"` + endpoint.URL + `/hello","Method":"GET"},
			"OutputPath":"$.ResponseBody","End":true}}`, `{"path":"/hello"}`, ""},
		"endpoint that is not allowed": {`{"Call":{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Parameters":{"ApiEndpoint":"http://127.0.0.1:1/","Method":"GET"},"End":true}}`, "", "States.Permissions"},
	} {
		start, _, _ := strings.Cut(strings.TrimPrefix(c.states, `{"`), `"`)
		x := n.run(`{"StartAt":"`+start+`","States":`+c.states+`}`, `{}`)
		if c.error != "" {
			if x.Failure == nil || x.Failure.Error != c.error {
				t.Errorf("%s: got %s %s %+v, want %s", name, x.Status, x.Output, x.Failure, c.error)
			}
			continue
		}
		if x.Status != "SUCCEEDED" || !same(string(x.Output), c.output) {
			t.Errorf("%s: got %s %s %+v, want %s", name, x.Status, x.Output, x.Failure, c.output)
		}
	}
}
