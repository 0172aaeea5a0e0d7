package picture

import (
	"strings"
	"testing"

	"rsc.io/qr/coding"
)

func TestATextThatFitsIsDrawn(t *testing.T) {
	frame := OfFrame("CSM1:" + strings.Repeat("A", 516))
	if frame == nil || frame.Size != 65 || !strings.HasPrefix(frame.Path, "M0 0.5h7M") {
		t.Errorf("%+v", frame)
	}
	if text := Of(strings.Repeat("A", 521), coding.L); text.Size <= frame.Size {
		t.Errorf("%d modules, a frame has %d", text.Size, frame.Size)
	}
	if Of(strings.Repeat("x", 3000), coding.L) != nil || OfFrame("small") != nil {
		t.Error("what does not fit was drawn")
	}
}
