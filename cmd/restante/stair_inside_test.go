//go:build linux

package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"restante/configs"
)

// BenchmarkStairInProcess is our side of BenchmarkStair without its process, so
// that -cpuprofile sees into it.
func BenchmarkStairInProcess(b *testing.B) {
	s := newStair(b, stairMail)
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		if err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(filepath.Join(s.learnt, "data"))); err != nil {
			b.Fatal(err)
		}
		conf := s.settings(dir)
		b.StartTimer()
		cfg, err := configs.Load(conf, configs.Options{CheckSchedule: checkSchedule})
		if err != nil {
			b.Fatal(err)
		}
		e := &env{out: io.Discard, errOut: io.Discard}
		h, err := open(b.Context(), cfg, newLog(cfg.Log, io.Discard, quietly))
		if err != nil {
			b.Fatal(err)
		}
		if err := e.fetchNow(b.Context(), h, h.accounts, false); err != nil {
			b.Fatal(err)
		}
		if err := h.close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*stairMail)/b.Elapsed().Seconds(), "messages/s")
}
