package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// host is the name of the proxy, besides 127.0.0.1.
const host = "apiserver.test"

// longest is how long certificates are good: there are tests whose operator believes to live in another year.
const longest = 10 * 365 * 24 * time.Hour

// identity is who the proxy is towards the operator: a good certificate, and bad ones to show instead.
type identity struct {
	authority []byte // PEM, for the operator's kubeconfig
	foreign   []byte // PEM of the authority that the operator does not know at first
	shown     map[string]*tls.Certificate

	mutex   sync.Mutex
	current string
}

func newIdentity() (*identity, error) {
	good, goodKey, err := newAuthority("proxy")
	if err != nil {
		return nil, err
	}
	foreign, foreignKey, err := newAuthority("foreign")
	if err != nil {
		return nil, err
	}
	now := time.Now()
	made := &identity{shown: map[string]*tls.Certificate{}, current: "good",
		authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: good.Raw}),
		foreign:   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: foreign.Raw})}
	for _, one := range []struct {
		state, name string
		until       time.Time
		issuer      *x509.Certificate
		key         *ecdsa.PrivateKey
	}{
		{"good", host, now.Add(longest), good, goodKey},
		{"expired", host, now.Add(-time.Hour), good, goodKey},
		{"wrong host", "elsewhere.example.com", now.Add(longest), good, goodKey},
		{"unknown authority", host, now.Add(longest), foreign, foreignKey},
	} {
		if made.shown[one.state], err = newCertificate(one.name, one.until, one.issuer, one.key); err != nil {
			return nil, err
		}
	}
	return made, nil
}

func newAuthority(name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(longest),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	made, err := x509.ParseCertificate(der)
	return made, key, err
}

func newCertificate(name string, until time.Time, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: until, DNSNames: []string{name},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if name == host {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, issuer.Raw}, PrivateKey: key}, nil
}

// show says which certificate new connections get.
func (i *identity) show(state string) error {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if i.shown[state] == nil {
		return fmt.Errorf("there is no certificate %q", state)
	}
	i.current = state
	return nil
}

// config asks the operator for a certificate, as the apiserver does, and takes any: the proxy speaks for the operator.
func (i *identity) config() *tls.Config {
	return &tls.Config{ClientAuth: tls.RequestClientCert, NextProtos: []string{"h2", "http/1.1"},
		SessionTicketsDisabled: true, // a resumed session would not look at the certificate
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			i.mutex.Lock()
			defer i.mutex.Unlock()
			return i.shown[i.current], nil
		}}
}
