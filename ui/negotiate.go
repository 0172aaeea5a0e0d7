package ui

import (
	"slices"
	"strconv"
	"strings"
)

// Negotiate chooses the language of a page: the one remembered in the cookie,
// else the best of the Accept-Language header (RFC 9110, section 12.5.4), else
// the first. Only the offered languages count; without any, all do.
func Negotiate(acceptLanguage, cookie string, offered ...string) string {
	if len(offered) == 0 {
		offered = Languages
	}
	if slices.Contains(offered, cookie) {
		return cookie
	}
	best, weight := offered[0], 0.0
	for item := range strings.SplitSeq(acceptLanguage, ",") {
		tag, params, _ := strings.Cut(item, ";")
		lang := primary(tag)
		if q := quality(params); q > weight && slices.Contains(offered, lang) {
			best, weight = lang, q
		}
	}
	return best
}

// primary is the language of a tag: "ja" of "ja-JP".
func primary(tag string) string {
	lang, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
	return strings.ToLower(lang)
}

// quality reads "q=0.8"; without one it is 1, and what cannot be read is 0.
func quality(params string) float64 {
	params = strings.TrimSpace(params)
	if params == "" {
		return 1
	}
	q, ok := strings.CutPrefix(params, "q=")
	if !ok {
		return 0
	}
	v, err := strconv.ParseFloat(q, 64)
	if err != nil || v < 0 || v > 1 { // also NaN: it compares false, and never wins
		return 0
	}
	return v
}
