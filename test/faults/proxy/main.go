// The proxy of the fault tests: between one operator and a real apiserver, HTTP/2 and TLS on both sides.
//
// It records every request and every event of a watch, and does to them what it is told. Commands come in by standard
// input, one JSON line each (command.go); notices go out by standard output. It ends when its input does, so that it
// never outlives the test that started it.
//
// HTTP/2 is that of Go's own net/http. GOAWAY is sent as the apiserver sends it, by "Connection: close" on a reply.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

func main() {
	server := flag.String("server", "", "the apiserver's `URL`")
	folder := flag.String("folder", "", "the `folder` for record.jsonl, ca.pem and foreign.pem")
	authority := flag.String("authority", "", "the `file` with the apiserver's certificate authority")
	pair := flag.String("pair", "", "the `file` with the operator's certificate and key")
	namespaces := flag.String("namespaces", "", "the operator is told of namespaces that begin with this `word` alone")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("proxy: ")

	upstream, err := newUpstream(*server, *authority, *pair)
	check(err)
	identity, err := newIdentity()
	check(err)
	check(os.WriteFile(filepath.Join(*folder, "ca.pem"), identity.authority, 0o600))
	check(os.WriteFile(filepath.Join(*folder, "foreign.pem"), identity.foreign, 0o600))
	record, err := newRecord(filepath.Join(*folder, "record.jsonl"))
	check(err)
	listener, err := net.Listen("tcp4", ":0") // any address of this host may become the apiserver's
	check(err)

	notices := newNotices(os.Stdout)
	proxy := &proxy{upstream: upstream, namespaces: *namespaces, record: record, rules: newRules(notices), mirror: newMirror(), streams: newStreams()}
	connections := newConnections(listener)
	web := &http.Server{Handler: proxy, TLSConfig: identity.config(), ConnContext: withConnection,
		ErrorLog: log.New(os.Stderr, "proxy: ", 0)}
	go func() { check(web.ServeTLS(connections, "", "")) }()
	notices.send(notice{Notice: "listening", Address: fmt.Sprintf("127.0.0.1:%d", listener.Addr().(*net.TCPAddr).Port)})
	check(obey(os.Stdin, proxy, identity, connections, notices))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
