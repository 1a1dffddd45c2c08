package letter_test

import (
	"os"
	"path/filepath"
	"testing"

	"restante/filter/letter"
)

// stream gives the messages of one stream of the corpus, or skips.
func stream(tb testing.TB, name string) [][]byte {
	tb.Helper()
	dir := os.Getenv("RESTANTE_CORPORA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpora")
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "dev", name, "*", "*.eml"))
	if len(paths) == 0 {
		tb.Skipf("no mail in %s/dev/%s: set RESTANTE_CORPORA to the folder that holds the unpacked dev/", dir, name)
	}
	var out [][]byte
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func BenchmarkRead_Corpus(b *testing.B) {
	for _, name := range []string{"spamassassin", "csdmc2010", "modern"} {
		b.Run(name, func(b *testing.B) {
			mail := stream(b, name)
			total := 0
			for _, m := range mail {
				total += len(m)
			}
			b.SetBytes(int64(total))
			b.ReportAllocs()
			for b.Loop() {
				for _, m := range mail {
					letter.ReadBytes(m)
				}
			}
			b.ReportMetric(float64(len(mail))*float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}
