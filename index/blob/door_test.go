package blob_test

import (
	"restante/index"
	"restante/index/blob"
)

var _ index.Blobs = (*blob.Log)(nil)
