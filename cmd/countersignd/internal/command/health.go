package command

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"countersign/internal/server/config"
)

type healthCommand struct{}

func (c *healthCommand) Run(ctx context.Context, w World, g *grammar) error {
	conf, err := g.settings(w)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client, address, err := nearby(conf)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	a, err := client.Do(r)
	if err != nil {
		return w.fault("server.health.not_ready", "why", err.Error())
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, 4096))
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusOK {
		return w.fault("server.health.not_ready", "why", strings.TrimSpace(string(text)))
	}
	_, err = w.Out.Write(text)
	return err
}

// nearby is how to ask the server on this computer. Who answers on our own
// port is not in doubt, so its certificate, made out to a public name, is not
// checked.
func nearby(conf config.Config) (*http.Client, string, error) {
	host, port, err := net.SplitHostPort(conf.Listen[0])
	if err != nil {
		return nil, "", err
	}
	if ip := net.ParseIP(host); host == "" || host == "localhost" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	transport := &http.Transport{}
	if conf.TLS.Mode != "off" {
		id, err := url.Parse(conf.IDURL)
		if err != nil {
			return nil, "", err
		}
		scheme = "https"
		transport.TLSClientConfig = &tls.Config{ServerName: id.Hostname(), InsecureSkipVerify: true}
	}
	return &http.Client{Transport: transport}, scheme + "://" + net.JoinHostPort(host, port) + "/readyz", nil
}
