package bench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/directory"
	"countersign/internal/server/journeytest"
	"countersign/internal/server/method"
)

// A node is the real program in a process of its own, so that what it costs
// can be told from what asking costs.
type node struct {
	*journeytest.World
	pid int
}

var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "countersign-bench-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "countersignd")
	out, err := exec.Command("go", "build", "-o", program, "countersign/cmd/countersignd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
})

func TestMain(m *testing.M) {
	if at := os.Getenv(bareAt); at != "" {
		fmt.Fprintln(os.Stderr, answerBarely(at))
		os.Exit(1)
	}
	code := m.Run()
	if program, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(program)) // what is left is temporary
	}
	os.Exit(code)
}

// serve starts the program on a world of its own and waits for its first 200.
func serve(b *testing.B, people int) *node {
	b.Helper()
	return start(b, journeytest.New(b, people))
}

// start starts the program on a world and waits for its first 200.
func start(b *testing.B, w *journeytest.World) *node {
	b.Helper()
	program, err := built()
	if err != nil {
		b.Fatal(err)
	}
	c := exec.Command(program, "serve", "--config", w.File)
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		journeytest.Disconnect()
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	n := &node{w, c.Process.Pid}
	for range 1000 {
		if a, err := http.Get(w.Config.IDURL + "/healthz"); err == nil {
			a.Body.Close()
			return n
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.Fatal("the server does not answer")
	return nil
}

// cpu is the processor time of all threads of the node so far.
func (n *node) cpu(b *testing.B) time.Duration {
	b.Helper()
	return threads(b, n.pid)
}

// threads is the processor time of all threads of a process so far.
func threads(b *testing.B, pid int) time.Duration {
	b.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		b.Fatalf("threads of %d: %v", pid, err)
	}
	var sum int64
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		ns, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += ns
	}
	return time.Duration(sum)
}

// rss is the node's resident memory in bytes.
func (n *node) rss(b *testing.B) int64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb << 10
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

// perOp reports what the node's processors did for each of n operations.
func (n *node) perOp(b *testing.B, before time.Duration, ops int) {
	b.ReportMetric(float64((n.cpu(b)-before).Microseconds())/float64(ops), "cpu-µs/op")
	b.ReportMetric(0, "ns/op") // the clock says what else the machine does
}

// BenchmarkServerGet measures documents that every application reads, asked for
// over one connection, between whose requests the processor goes to sleep, and
// over 32. "bare" is net/http alone with an answer of the same size: what no
// server in Go can do without.
func BenchmarkServerGet(b *testing.B) {
	n := serve(b, 0)
	bare := serveBare(b)
	for _, at := range []struct {
		what, url string
		of        *node
	}{
		{"discovery", n.Config.IDURL + "/.well-known/openid-configuration", n},
		{"keys", n.Config.IDURL + "/jwks.json", n},
		{"bare", bare.url, &bare.node},
	} {
		for _, connections := range []int{1, 32} {
			b.Run(fmt.Sprintf("%s/connections=%d", at.what, connections), func(b *testing.B) {
				client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
				defer client.CloseIdleConnections()
				get := func(ctx context.Context, _ int) error { return fetch(ctx, client, at.url) }
				each(b, connections, connections, get)
				before := at.of.cpu(b)
				each(b, b.N, connections, get)
				at.of.perOp(b, before, b.N)
			})
		}
	}
}

func fetch(ctx context.Context, client *http.Client, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	a, err := client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if _, err := bufio.NewReader(a.Body).WriteTo(discard{}); err != nil {
		return err
	}
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, a.Status)
	}
	return nil
}

// A bareNode is a program that is nothing but net/http.
type bareNode struct {
	node
	url string
}

// bareAt tells this test binary to be one, and where.
const bareAt = "COUNTERSIGN_BENCH_BARE"

func serveBare(b *testing.B) *bareNode {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), bareAt+"="+at)
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	bare := &bareNode{node{pid: c.Process.Pid}, "http://" + at + "/"}
	for range 1000 {
		if fetch(b.Context(), http.DefaultClient, bare.url) == nil {
			return bare
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.Fatal("the bare server does not answer")
	return nil
}

// answerBarely serves as many bytes as the discovery document has.
func answerBarely(at string) error {
	text := []byte(strings.Repeat("x", 1800))
	return http.ListenAndServe(at, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	}))
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkServerApproval measures an approval from asking to deciding: the
// form that asks and the page with the number; then the phone's list, its
// fetch and its signed decision. The passwords before it are not in the figure.
func BenchmarkServerApproval(b *testing.B) {
	const people = 100
	n := serve(b, people)
	var asking, answering time.Duration
	for b.Loop() {
		browsers := make([]*journeytest.Browser, people)
		each(b, people, 4, func(ctx context.Context, i int) error {
			browsers[i] = n.Browser(n.People[i])
			return browsers[i].Begin(ctx, n.People[i])
		})
		start := n.cpu(b)
		each(b, people, 32, func(ctx context.Context, i int) error { // who share commits, as on a busy node
			return browsers[i].Submit(ctx, "/signin/ask", nil)
		})
		asked := n.cpu(b)
		each(b, people, 32, func(ctx context.Context, i int) error {
			number, err := browsers[i].Number()
			if err != nil {
				return err
			}
			_, err = n.People[i].Phone.Approve(ctx, number)
			return err
		})
		asking, answering = asking+asked-start, answering+n.cpu(b)-asked
	}
	each := float64(b.N * people)
	b.ReportMetric(float64(asking.Microseconds())/each, "ask-cpu-µs")
	b.ReportMetric(float64(answering.Microseconds())/each, "answer-cpu-µs")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkServerHash measures the hash of a password alone: what it takes on a
// machine at rest is known (27 ms where these figures come from), so it tells
// how much the figures beside it are swollen by what else the machine does.
func BenchmarkServerHash(b *testing.B) {
	p := method.NewPasswords(1, method.Params{})
	before := processor(b)
	for b.Loop() {
		if _, err := p.Hash(b.Context(), method.Asker{}, journeytest.Password); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkServerPassword measures a whole sign-in, of which the password's
// hash is most.
func BenchmarkServerPassword(b *testing.B) {
	const people = 50
	n := serve(b, people)
	for b.Loop() {
		before := n.cpu(b)
		each(b, people, 4, func(ctx context.Context, i int) error {
			return n.Browser(n.People[i]).SignIn(ctx, n.People[i])
		})
		n.perOp(b, before, people)
	}
}

// BenchmarkServerPasswordAlone measures a sign-in by the password alone, from the first
// page to the one that was asked for, and by how much it is more than the hash: all its
// pages and redirects, and the request with the password by itself.
func BenchmarkServerPasswordAlone(b *testing.B) {
	const people = 50
	w := journeytest.New(b, people)
	w.Policy(b, func(p *directory.Policy) { p.SecondFactor = false })
	n, hashes := start(b, w), method.NewPasswords(1, method.Params{})
	cost := func(of func() error) time.Duration {
		before := n.cpu(b)
		if err := of(); err != nil {
			b.Fatal(err)
		}
		return n.cpu(b) - before
	}
	for b.Loop() {
		var pages, request, hash time.Duration
		for _, p := range n.People { // by turns, so that all meet the same neighbours
			browser := n.Browser(p)
			pages += cost(func() error {
				if err := browser.Get(b.Context(), "/signin?to=/security"); err != nil {
					return err
				}
				return browser.Submit(b.Context(), "/signin/name", url.Values{"login": {p.Login}})
			})
			answered := cost(func() error {
				return browser.Submit(b.Context(), "/signin/password", url.Values{"password": {journeytest.Password}})
			})
			if browser.URL.Path != "/security" {
				b.Fatal(browser.URL)
			}
			last := cost(func() error { return browser.Get(b.Context(), "/security") }) // where the redirect led
			pages, request = pages+last, request+answered-last
			alone := processor(b)
			if _, err := hashes.Hash(b.Context(), method.Asker{}, journeytest.Password); err != nil {
				b.Fatal(err)
			}
			hash += processor(b) - alone
		}
		b.ReportMetric(float64((pages+request).Microseconds())/1e3/people, "cpu-ms/sign-in")
		b.ReportMetric(float64(hash.Microseconds())/1e3/people, "cpu-ms/hash")
		b.ReportMetric(100*float64(pages+request-hash)/float64(hash), "more-%")
		b.ReportMetric(100*float64(request-hash)/float64(hash), "request-more-%")
		b.ReportMetric(0, "ns/op")
	}
}

// each does something for everybody, some at once.
func each(b *testing.B, people, atOnce int, do func(ctx context.Context, i int) error) {
	b.Helper()
	next := make(chan int)
	errs := make(chan error, people)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for i := range next {
				errs <- do(b.Context(), i)
			}
		})
	}
	for i := range people {
		next <- i
	}
	close(next)
	all.Wait()
	for range people {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkServerStart measures a cold start: processor time until the first
// 200, and memory a minute after it.
func BenchmarkServerStart(b *testing.B) {
	for b.Loop() {
		n := serve(b, 0)
		b.ReportMetric(float64(n.cpu(b).Microseconds())/1000, "cpu-ms")
		time.Sleep(time.Minute)
		b.ReportMetric(float64(n.rss(b))/1e6, "MB")
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkServerAfterPasswords measures memory a minute after 100 password sign-ins.
func BenchmarkServerAfterPasswords(b *testing.B) {
	const people = 100
	for b.Loop() {
		n := serve(b, people)
		each(b, people, 4, func(ctx context.Context, i int) error { return n.Browser(n.People[i]).SignIn(ctx, n.People[i]) })
		time.Sleep(time.Minute)
		b.ReportMetric(float64(n.rss(b))/1e6, "MB")
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkServerStreams measures what a phone that waits costs; with
// COUNTERSIGN_BENCH=large there are ten thousand of them.
func BenchmarkServerStreams(b *testing.B)      { streams(b, 1000) }
func BenchmarkServerStreamsLarge(b *testing.B) { streams(b, large(b, 10_000)) }

// large is a size that is measured only when asked for.
func large(b *testing.B, n int) int {
	if os.Getenv("COUNTERSIGN_BENCH") != "large" {
		return n / 10
	}
	return n
}

func streams(b *testing.B, count int) {
	const people = 50
	n := serve(b, people)
	for b.Loop() {
		warm, stop := open1(b, n, people) // what the first of its kind costs is not a stream's
		stop(warm)
		before := n.rss(b)
		all, stop := open1(b, n, count)
		time.Sleep(time.Second)
		b.ReportMetric(float64(n.rss(b)-before)/float64(count)/1024, "KiB/stream")
		b.ReportMetric(float64(count), "streams")
		b.ReportMetric(0, "ns/op")
		stop(all)
	}
}

// open1 opens streams, each on a connection of its own, and waits for the
// first line of each.
func open1(b *testing.B, n *node, count int) ([]*http.Response, func([]*http.Response)) {
	b.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	all := make([]*http.Response, count)
	each(b, count, 32, func(ctx context.Context, i int) error {
		r, err := n.People[i%len(n.People)].Phone.Request(ctx, http.MethodGet, "/device/stream", nil)
		if err != nil {
			return err
		}
		if all[i], err = transport.RoundTrip(r); err != nil {
			return err
		}
		if all[i].StatusCode != http.StatusOK {
			return fmt.Errorf("stream %d: %s", i, all[i].Status)
		}
		var first [1]byte
		_, err = all[i].Body.Read(first[:])
		return err
	})
	return all, func(all []*http.Response) {
		for _, a := range all {
			a.Body.Close()
		}
	}
}
