package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/transfer"
	"countersign/transfer/sealed"
)

type exportCommand struct {
	Format       string `enum:"otpauth,aegis,google,sealed" default:"aegis"`
	Sealed       bool
	Output       string   `short:"o" placeholder:"FILE" type:"path"`
	PasswordFile string   `placeholder:"FILE" type:"path"`
	Filter       []string `arg:"" optional:""`
}

func (c exportCommand) Run(ctx context.Context, w World, g *grammar) error {
	v, err := g.read(w)
	if err != nil {
		return err
	}
	if c.Sealed {
		c.Format = "sealed"
	}
	if _, ok := terminal(w.Out); ok && c.Format == "sealed" && c.Output == "" {
		return errOutput
	}
	accounts, left := v.Export(authenticator.Filter{Query: strings.Join(c.Filter, " ")})
	if len(left) > 0 {
		w.say("terminal.export.paired", "n", len(left))
	}
	if len(accounts) == 0 {
		return errExport
	}
	b, err := c.write(ctx, w, accounts)
	if err != nil {
		return err
	}
	if c.Output == "" {
		_, err = w.Out.Write(b)
		return err
	}
	if err := writeNew(c.Output, b); err != nil {
		return err
	}
	w.say("terminal.export.done", "n", len(accounts), "file", c.Output)
	return nil
}

// write makes the file.
func (c exportCommand) write(ctx context.Context, w World, accounts []transfer.Account) ([]byte, error) {
	switch c.Format {
	case "sealed":
		password, err := c.password(w)
		if err != nil {
			return nil, err
		}
		return sealed.Write(ctx, accounts, password, w.progress())
	case "otpauth":
		w.say("terminal.export.open")
		return transfer.WriteOtpauth(accounts), nil
	case "google":
		w.say("terminal.export.open")
		codes, left := transfer.WriteGoogle(accounts)
		for _, p := range left {
			w.say("terminal.import.problem", "title", calm(p.Entry), "reason", w.t(p.Reason.Message()))
		}
		if len(codes) == 0 {
			return nil, errExport
		}
		if _, ok := terminal(w.Out); ok && c.Output == "" {
			return drawn(codes)
		}
		return append(bytes.Join(codes, []byte("\n")), '\n'), nil
	}
	password, err := c.password(w)
	if err != nil {
		return nil, err
	}
	return transfer.WriteAegis(ctx, accounts, password, w.progress())
}

func (c exportCommand) password(w World) (string, error) {
	if c.PasswordFile != "" {
		text, err := firstLine(c.PasswordFile)
		if err == nil && text == "" {
			err = errEmpty
		}
		return text, err
	}
	text, err := w.twice(w.t("terminal.export.password"), w.t("terminal.passphrase.again"))
	if err != nil && !errors.Is(err, errEmpty) && !errors.Is(err, errDifferent) {
		err = errPassword
	}
	return text, err
}

// drawn are QR codes in half blocks, dark on light whatever the terminal's colours.
func drawn(texts [][]byte) ([]byte, error) {
	var b bytes.Buffer
	for _, text := range texts {
		lines, err := desk.Draw(string(text))
		if err != nil {
			return nil, err
		}
		b.Write(inked(lines))
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

func inked(lines []string) []byte {
	var b bytes.Buffer
	for _, line := range lines {
		b.WriteString("\x1b[30;107m" + line + "\x1b[0m\n")
	}
	return b.Bytes()
}

// writeNew writes a file that only its owner reads, and never over another.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, bytes.NewReader(b))
	return errors.Join(err, f.Sync(), f.Close())
}
