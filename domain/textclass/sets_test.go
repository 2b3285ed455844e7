package textclass

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// dataDir finds the folder of labelled sets, by SORI_DATA or in a folder "shared" above.
func dataDir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("SORI_DATA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if found := filepath.Join(dir, "shared", "data"); isDir(found) {
			return found
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("no data sets: set SORI_DATA")
	return ""
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func readSet(t testing.TB, path ...string) []Example {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{dataDir(t), "intent"}, path...)...))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	examples, err := ReadExamples(f)
	if err != nil {
		t.Fatal(err)
	}
	return examples
}

// TestMeasure prints the figures of one set, SORI_MEASURE (a folder of the data sets), taking its dev part for the test and
// holding back by itself: a minute or two of work, so only on demand.
func TestMeasure(t *testing.T) {
	set := os.Getenv("SORI_MEASURE")
	if set == "" {
		t.Skip("set SORI_MEASURE to a data set, for instance banking77")
	}
	d := DataSet{
		Train: readSet(t, set, "train.tsv"), Test: readSet(t, set, "dev.tsv"),
		OOSTrain: readSet(t, set, "oos_train.tsv"), OOSTest: readSet(t, set, "oos_dev.tsv"),
	}
	e, err := Evaluate(context.Background(), d, 0.98, Options{LinearOnly: os.Getenv("SORI_LINEAR") != ""})
	if err != nil {
		t.Fatal(err)
	}
	out, _ := json.Marshal(e)
	t.Logf("%s %s", set, out)
}

// BenchmarkTrain trains on a thousand lines of Banking77, all folds and the final model. On ten thousand it takes some ten times as long.
func BenchmarkTrain(b *testing.B) {
	var some []Example
	for n, e := range readSet(b, "banking77", "train.tsv") {
		if n%9 == 0 {
			some = append(some, e)
		}
	}
	for b.Loop() {
		if _, err := Train(context.Background(), some, Options{Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(some)), "ms/example")
}
