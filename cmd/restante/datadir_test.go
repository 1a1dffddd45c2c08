package main

import (
	"os"
	"path/filepath"
	"testing"

	"restante/fetch"
	"restante/index/backup"
	"restante/index/record"
)

func TestDataDir_WhatAKilledProcessSpooledIsRemoved(t *testing.T) {
	conf := settings(t, "")
	do(t, conf, "user", "list") // makes the folder
	spool := filepath.Join(dataDir(conf), "spool")
	if err := os.Mkdir(filepath.Join(spool, record.ScratchPrefix+"1"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{fetch.SpoolPrefix + "1", backup.SpoolPrefix + "1", record.ScratchPrefix + "1/knowledge.db", "of another"} {
		writeFile(t, filepath.Join(spool, name), "half of it")
	}
	do(t, conf, "user", "list")
	left, err := os.ReadDir(spool)
	if err != nil || len(left) != 1 || left[0].Name() != "of another" {
		t.Errorf("left: %v, %v", left, err)
	}
}
