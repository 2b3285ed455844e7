package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// runCommand runs a command line of the two commands and gives what it prints.
func runCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	root := &cobra.Command{Use: "sori", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(triageCommand(), versionCommand())
	root.SetHelpCommand(helpCommand())
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func writeLines(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTriageEvalPrintsItsFigures(t *testing.T) {
	t.Parallel()
	var lines []string
	for key, wordings := range map[string][]string{"refund": refundWordings, "login": loginWordings} {
		for _, w := range wordings {
			lines = append(lines, key+"\t"+w)
		}
	}
	file := writeLines(t, "train.tsv", lines...)
	out, err := runCommand(t, "triage", "eval", "--train", file, "--test", file, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]float64
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	for _, name := range strings.Fields("accuracy macroF1 coverage coveragePrecision oosRecall inScopeAccuracyWithRejection falseAnswerRate messagesPerSecond trainSeconds") {
		if _, ok := got[name]; !ok {
			t.Errorf("no %s in %s", name, out)
		}
	}
	if got["accuracy"] < 0.9 || got["messagesPerSecond"] <= 0 {
		t.Error(out)
	}
	bad := writeLines(t, "bad.tsv", "no tab")
	if _, err := runCommand(t, "triage", "eval", "--train", bad, "--test", file); err == nil || !strings.Contains(err.Error(), "bad.tsv") {
		t.Errorf("a bad file gives %v", err)
	}
}

func TestHelpIsHelpAndMeasures(t *testing.T) {
	t.Parallel()
	file := writeLines(t, "faq.tsv", "f1\t0\t0\t환불은 얼마나 걸리나요", "f1\t0\t0\t환불 얼마나 걸려요", "f2\t0\t0\t배송지를 바꾸고 싶어요", "f2\t0\t0\t배송지 변경하고 싶은데요")
	out, err := runCommand(t, "help", "eval", "--faq", file, "--json")
	if err != nil || strings.TrimSpace(out) != `{"hit1":1,"hit3":1,"hit10":1}` {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := runCommand(t, "help"); err != nil || !strings.Contains(out, "triage") {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := runCommand(t, "help", "triage", "eval"); err != nil || !strings.Contains(out, "--oos-train") {
		t.Errorf("%q, %v", out, err)
	}
}
