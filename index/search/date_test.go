package search_test

import (
	"testing"
	"time"

	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
)

// Imported mail was received when a file system or a From line says, which is
// often long before it was sent, or the day it was copied.
func TestDate_BelievesTheMessageUnlessItCannotBe(t *testing.T) {
	received := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		sent time.Time
		want time.Time
	}{
		{"before receipt", received.AddDate(-3, 0, 0), received.AddDate(-3, 0, 0)},
		{"years after receipt", received.AddDate(4, 0, 0), received.AddDate(4, 0, 0)},
		{"none", time.Time{}, received},
		{"before mail", time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), received},
		{"to come", time.Now().AddDate(1, 0, 0), received},
	} {
		if got := search.Date(index.Message{Received: received}, &letter.Letter{Date: tt.sent}); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
