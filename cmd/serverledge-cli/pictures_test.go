package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "draw the pictures of the documents anew")

// TestPicturesOfDocuments draws the examples as the documents show them.
func TestPicturesOfDocuments(t *testing.T) {
	t.Parallel()
	for picture, args := range map[string][]string{
		"next-prime.svg": {"workflow-next-prime.json"},
		"wordstats.svg":  {"wordstats.yaml"},
		"order.svg":      {"order/order.yaml"},
		"choice.svg":     {"workflow-with-choice-task.json", "--direction", "right"},
	} {
		t.Run(picture, func(t *testing.T) {
			t.Parallel()
			args[0] = filepath.Join("..", "..", "examples", args[0])
			file := filepath.Join(t.TempDir(), picture)
			var said strings.Builder
			none := func(string) string { return "" }
			if code := Run(append([]string{"workflow", "graph", "--out", file}, args...), strings.NewReader(""), &said, &said, none); code != 0 {
				t.Fatalf("exit %d: %s", code, said.String())
			}
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			kept(t, filepath.Join("..", "..", "docs", "pictures", picture), string(got))
		})
	}
}
