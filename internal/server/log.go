package server

import (
	"io"
	"log/slog"

	"countersign/internal/server/config"
)

// logger writes the log in the configured format; its level can be changed later.
func logger(w io.Writer, c config.Log, level *slog.LevelVar) *slog.Logger {
	setLevel(level, c)
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

func setLevel(level *slog.LevelVar, c config.Log) {
	var l slog.Level
	if l.UnmarshalText([]byte(c.Level)) == nil { // Check has refused what cannot be read
		level.Set(l)
	}
}
