package keep

import (
	"errors"
	"log/slog"
)

// A Secret is a text that refuses to be printed, logged or encoded. Its one
// way out is [Secret.Reveal], which a search finds. The text lies behind a
// pointer because fmt may not call the methods of an unexported field, and
// shows what it points to never.
type Secret struct{ text *string }

// NewSecret wraps a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text; the zero Secret's is empty.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty tells whether there is no text.
func (s Secret) Empty() bool { return s.text == nil || *s.text == "" }

const hidden = "[secret]"

func (Secret) String() string       { return hidden }
func (Secret) GoString() string     { return hidden }
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText fails: what is encoded is soon somewhere else.
func (Secret) MarshalText() ([]byte, error) { return nil, errors.New("secret must not be encoded") }

// UnmarshalText reads a secret, from a configuration file say.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = NewSecret(string(b))
	return nil
}
