package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"time"
)

//go:embed static/*.css static/*.js static/*.svg
var static embed.FS

// asset is a file that pages load.
type asset struct {
	text    []byte
	version string
}

var assets = func() map[string]asset {
	all := map[string]asset{}
	files, err := fs.Glob(static, "static/*")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for _, name := range files {
		text, err := static.ReadFile(name)
		if err != nil {
			panic(err) // it is in the program
		}
		sum := sha256.Sum256(text)
		all[path.Base(name)] = asset{text, hex.EncodeToString(sum[:6])}
	}
	return all
}()

// Asset is where a file is to be had. It changes with the file, so that browsers
// may keep it for ever.
func Asset(name string) string {
	a, ok := assets[name]
	if !ok {
		panic("web: there is no file " + name) // a mistake in a template, found when it is first run
	}
	return "/static/" + name + "?v=" + a.version
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	a, ok := assets[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.URL.Query().Get("v") == a.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(a.text))
}
