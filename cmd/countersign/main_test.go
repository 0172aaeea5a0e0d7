package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"countersign/internal/authenticator/disk/disktest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"countersign": main})
}

// The scenes in testdata type what a person types, into the real program.
func TestScenes(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		// "vault FOLDER PASSPHRASE" makes an empty one that opens without much work, for scenes that open it again and again.
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"vault": func(s *testscript.TestScript, _ bool, args []string) { disktest.Make(t, s.MkAbs(args[0]), args[1]) },
		},
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("LANG", "en_US.UTF-8")
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir+"/config")
			e.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // no scene touches the keyring of whoever runs it
			return nil
		},
	})
}
