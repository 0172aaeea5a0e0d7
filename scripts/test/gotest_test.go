package main

import (
	"strings"
	"testing"
)

func TestOnlyLeavesAreCounted(t *testing.T) {
	r := newGoResults()
	err := r.read(strings.NewReader(`
		{"Action":"run","Package":"a","Test":"TestOne"}
		{"Action":"pass","Package":"a","Test":"TestOne"}
		{"Action":"pass","Package":"a","Test":"TestMany/x"}
		{"Action":"fail","Package":"a","Test":"TestMany/y"}
		{"Action":"fail","Package":"a","Test":"TestMany"}
		{"Action":"pass","Package":"a","Test":"TestOwn/x"}
		{"Action":"fail","Package":"a","Test":"TestOwn"}
		{"Action":"skip","Package":"a","Test":"TestLater"}
		{"Action":"fail","Package":"a"}
		{"Action":"build-output","ImportPath":"b","Output":"no such thing"}
		{"Action":"fail","Package":"b","FailedBuild":"b"}
		{"Action":"skip","Package":"c"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.count(), (tally{passed: 3, failed: 3, skipped: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}
