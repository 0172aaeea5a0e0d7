package api_test

import (
	"bytes"
	"fmt"
	"net/http/httputil"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

func rss() int {
	b, _ := os.ReadFile("/proc/self/status")
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, "VmRSS") {
			var n int
			fmt.Sscanf(l, "VmRSS: %d", &n)
			return n
		}
	}
	return 0
}

func TestScratchMemory(t *testing.T) {
	runtime.MemProfileRate = 512
	h := newHouse(t)
	phone := h.Device(t, h.Person(t, "mei"), "Phone")
	r := h.request(t, t.Context(), phone, "GET", "/device/stream", nil)
	raw, _ := httputil.DumpRequest(r, false)
	raw = bytes.Replace(raw, []byte("\r\n\r\n"), []byte("\r\nUser-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1\r\nAccept: */*\r\nAccept-Language: en-US,en;q=0.9\r\nOrigin: https://app.example.org\r\n\r\n"), 1)
	os.WriteFile("/tmp/device/req", raw, 0o644)
	debug.FreeOSMemory()
	before := rss()
	const n = 5000
	cmd := exec.Command("python3", "-c", `
import socket,sys,time
host,port,n=sys.argv[1],int(sys.argv[2]),int(sys.argv[3])
req=open('/tmp/device/req','rb').read()
ss=[]
for i in range(n):
    s=socket.create_connection((host,port)); s.sendall(req); ss.append(s)
    if i%200==0: s.recv(100)
for s in ss[::50]: pass
print('open',flush=True)
time.sleep(70)
`, "127.0.0.1", h.url[strings.LastIndex(h.url, ":")+1:], fmt.Sprint(n))
	out, _ := cmd.StdoutPipe()
	cmd.Start()
	b := make([]byte, 10)
	out.Read(b)
	for range 2 {
		time.Sleep(10 * time.Second)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		t.Logf("waiting %d goroutines %d rss/conn %.1f KiB  heap inuse %.1f stack %.1f", h.Notify.Hub.Waiting(), runtime.NumGoroutine(), float64(rss()-before)/n, float64(m.HeapInuse)/1024/n, float64(m.StackInuse)/1024/n)
		runtime.GC()
	}
	f, _ := os.Create("/tmp/device/heap")
	pprof.Lookup("heap").WriteTo(f, 0)
	f.Close()
	debug.FreeOSMemory()
	t.Logf("after free rss/conn %.1f KiB", float64(rss()-before)/n)
	cmd.Process.Kill()
	cmd.Wait()
}
