package usage

import "regexp"

// faults are what kong says of a line, and our message for it: the groups of
// the pattern are the message's values, in their order.
var faults = []struct {
	said   *regexp.Regexp
	key    string
	values []string
}{
	{regexp.MustCompile(`^unknown flag ([^ ,]+), did you mean (?:one of )?(.+)\?$`), "usage.unknown_near", []string{"typed", "near"}},
	{regexp.MustCompile(`^unknown flag (\S+)$`), "usage.unknown", []string{"typed"}},
	{regexp.MustCompile(`^unexpected argument ([^ ,]+), did you mean (?:one of )?(.+)\?$`), "usage.unexpected_near", []string{"typed", "near"}},
	{regexp.MustCompile(`^unexpected argument (.+)$`), "usage.unexpected", []string{"typed"}},
	{regexp.MustCompile(`^missing (?:flags:|positional arguments) (.+)$`), "usage.missing", []string{"what"}},
	{regexp.MustCompile(`^expected "(<[^"]+>(?: \.\.\.)?)"$`), "usage.missing", []string{"what"}},
	{regexp.MustCompile(`^expected (?:one of )?("?<?[a-z].*)$`), "usage.missing", []string{"what"}},
	{regexp.MustCompile(`^(\S+) must be one of (.+) but got "(.*)"$`), "usage.choice", []string{"flag", "choices", "typed"}},
	{regexp.MustCompile(`^(--[^:= ]+)\S*: (?:missing value|.*got "EOL")`), "usage.no_value", []string{"flag"}},
	{regexp.MustCompile(`^(--[^:= ]+)\S*: .*?"(.*)"`), "usage.value", []string{"flag", "typed"}},
	{regexp.MustCompile(`^(--\S+) and (--\S+) can't be used together$`), "usage.together", []string{"one", "other"}},
}

// wrong is a fault in our words; one that we do not know stays as it is.
func (v Voice) wrong(said string) string {
	for _, f := range faults {
		m := f.said.FindStringSubmatch(said)
		if m == nil {
			continue
		}
		var args []any
		for i, name := range f.values {
			args = append(args, name, m[i+1])
		}
		return v.say(f.key, args...)
	}
	return said
}
