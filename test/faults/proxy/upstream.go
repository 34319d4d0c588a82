package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
)

// upstream is the apiserver, spoken to as the operator.
type upstream struct {
	server *url.URL
	client *http.Client
}

func newUpstream(server, authority, pair string) (*upstream, error) {
	address, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate", authority)
	}
	own, err := tls.LoadX509KeyPair(pair, pair)
	if err != nil {
		return nil, err
	}
	return &upstream{server: address, client: &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true,
		DisableCompression: true, // what the operator did not ask for it does not get
		TLSClientConfig:    &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{own}}}}}, nil
}

// send passes a request on. target is its path with its query.
func (u *upstream) send(ctx context.Context, from *http.Request, target string, body []byte) (*http.Response, error) {
	to, err := http.NewRequestWithContext(ctx, from.Method, u.server.Scheme+"://"+u.server.Host+target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	to.Header = from.Header.Clone()
	to.Header.Del("Connection")
	return u.client.Do(to)
}
