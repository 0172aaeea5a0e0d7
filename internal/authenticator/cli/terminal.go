package cli

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"

	"countersign/internal/authenticator/desk"
)

// terminal is the stream, if it is a terminal.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// console is the terminal that a person sits at, whatever standard input is.
func (w World) console() (*os.File, func(), error) {
	if f, ok := terminal(w.In); ok {
		return f, func() {}, nil
	}
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONIN$"
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	return f, func() { f.Close() }, nil
}

// unseen asks for something secret; nothing of it shows.
func (w World) unseen(question string) (string, error) {
	f, done, err := w.console()
	if err != nil {
		return "", err
	}
	defer done()
	fmt.Fprint(w.Err, question+" ")
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(w.Err)
	return string(b), err
}

// twice asks for a new secret, and once more for the case of a slip.
func (w World) twice(question, again string) (string, error) {
	one, err := w.unseen(question)
	if err != nil {
		return "", err
	}
	if one == "" {
		return "", errEmpty
	}
	two, err := w.unseen(again)
	if err != nil {
		return "", err
	}
	if one != two {
		return "", errDifferent
	}
	return one, nil
}

// agrees asks a yes-or-no question at the terminal; where there is none, the
// command itself was the answer.
func (w World) agrees(key string, args ...any) error {
	in, ok := terminal(w.In)
	if !ok {
		return nil
	}
	fmt.Fprint(w.Err, w.t(key, args...)+" [y/N] ")
	line, err := readLine(in)
	if err != nil && line == "" {
		return errCancelled
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "はい":
		return nil
	}
	return errCancelled
}

// readLine reads up to the end of a line and not a byte beyond.
func readLine(r io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < 1<<16 {
		n, err := r.Read(one)
		if n == 1 {
			if one[0] == '\n' {
				break
			}
			line = append(line, one[0])
		}
		if err != nil {
			return string(line), err
		}
	}
	return strings.TrimSuffix(string(line), "\r"), nil
}

// firstLine is the first line of a file that holds a secret.
func firstLine(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, 1<<16)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

// calm is text from outside that can do nothing to a terminal.
func calm(text string) string { return desk.Calm(text) }

// copyText puts a text into the clipboard of the terminal, near or far (OSC 52).
func copyText(to io.Writer, text string) error {
	var b bytes.Buffer
	b.WriteString("\x1b]52;c;")
	b.WriteString(base64.StdEncoding.EncodeToString([]byte(text)))
	b.WriteString("\a")
	_, err := to.Write(b.Bytes())
	return err
}
