package pop3d_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No session and no server leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
