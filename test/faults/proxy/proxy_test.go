package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const patience = 10 * time.Second

// bench is a proxy before a small server, and a client of it.
type bench struct {
	*testing.T
	proxy       *proxy
	identity    *identity
	connections *connections
	client      *http.Client
	url         string
	notices     chan notice
	events      chan string // lines that the server's watch sends; "" ends it
	pages       chan string // what the server answers lists, in turn
	served      chan string // methods of writes that the server has done
	rules       int
}

func newBench(t *testing.T) *bench {
	made := &bench{T: t, notices: make(chan notice, 100), events: make(chan string, 100), pages: make(chan string, 100), served: make(chan string, 100)}
	server := httptest.NewUnstartedServer(http.HandlerFunc(made.serve))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	folder := t.TempDir()
	var err error
	made.identity, err = newIdentity()
	made.must(err)
	der := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(der.PrivateKey)
	made.must(err)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der.Certificate[0]})
	made.must(os.WriteFile(folder+"/ca", certificate, 0o600))
	made.must(os.WriteFile(folder+"/pair", append(certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...), 0o600))
	upstream, err := newUpstream(server.URL, folder+"/ca", folder+"/pair")
	made.must(err)
	record, err := newRecord(filepath.Join(folder, "record"))
	made.must(err)
	made.proxy = &proxy{upstream: upstream, record: record, rules: newRules(newNotices(made)), mirror: newMirror(), streams: newStreams()}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	made.must(err)
	made.connections = newConnections(listener)
	web := &http.Server{Handler: made.proxy, TLSConfig: made.identity.config(), ConnContext: withConnection}
	go web.ServeTLS(made.connections, "", "")
	t.Cleanup(func() { web.Close(); close(made.events) })
	made.url = "https://" + listener.Addr().String()
	made.newClient()
	return made
}

func (b *bench) newClient() {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(b.identity.authority)
	b.client = &http.Client{Timeout: patience, Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

func (b *bench) Write(line []byte) (int, error) {
	var one notice
	b.must(json.Unmarshal(line, &one))
	b.notices <- one
	return len(line), nil
}

func (b *bench) serve(to http.ResponseWriter, from *http.Request) {
	if from.URL.Query().Has("watch") {
		to.WriteHeader(http.StatusOK)
		http.NewResponseController(to).Flush()
		for {
			select {
			case line, isThere := <-b.events:
				if !isThere || line == "" {
					return
				}
				fmt.Fprintln(to, line)
				http.NewResponseController(to).Flush()
			case <-from.Context().Done():
				return
			}
		}
	}
	if from.Method != http.MethodGet {
		b.served <- from.Method
	}
	to.Header().Set("Audit-Id", "a1")
	if from.URL.Query().Has("limit") {
		fmt.Fprint(to, <-b.pages)
		return
	}
	fmt.Fprint(to, `{"metadata":{"name":"first","uid":"u1","resourceVersion":"7"}}`)
}

func (b *bench) must(err error) {
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}

func (b *bench) rule(match, action string) int {
	b.rules++
	line := fmt.Sprintf(`{"number":1,"do":"rule","rule":%d,"match":%s,"action":%s}`, b.rules, match, action)
	var one command
	b.must(json.Unmarshal([]byte(line), &one))
	b.must(carryOut(&one, b.proxy, b.identity, b.connections))
	return b.rules
}

func (b *bench) expect(what string) notice {
	b.Helper()
	for {
		select {
		case one := <-b.notices:
			if one.Notice == what {
				return one
			}
		case <-time.After(patience):
			b.Fatalf("there was no notice %q", what)
		}
	}
}

const object = "/apis/sluice.dev/v1alpha1/namespaces/shop/promotions/first"
const kind = "/apis/sluice.dev/v1alpha1/promotions?watch=1"

func (b *bench) call(method, target, body string) (int, string, error) {
	request, err := http.NewRequest(method, b.url+target, strings.NewReader(body))
	b.must(err)
	answer, err := b.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	if answer.ProtoMajor != 2 {
		b.Errorf("HTTP/%d", answer.ProtoMajor)
	}
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

func (b *bench) patchLater() chan error {
	done := make(chan error, 1)
	go func() {
		_, _, err := b.call("PATCH", object, `{"metadata":{"resourceVersion":"6"}}`)
		done <- err
	}()
	return done
}

func (b *bench) watch(target string) *bufio.Reader {
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", b.url+target, nil)
	b.must(err)
	answer, err := b.client.Do(request)
	b.must(err)
	return bufio.NewReader(answer.Body)
}

func change(kind, name, version string) string {
	return fmt.Sprintf(`{"type":%q,"object":{"metadata":{"namespace":"shop","name":%q,"resourceVersion":%q}}}`, kind, name, version)
}

func (b *bench) read(from *bufio.Reader, want string) {
	b.Helper()
	line, err := from.ReadString('\n')
	if strings.TrimSpace(line) != want {
		b.Errorf("%q (%v), not %q", line, err, want)
	}
}

func TestWriteIsRecorded(t *testing.T) {
	b := newBench(t)
	code, _, err := b.call("PATCH", object, `{"metadata":{"resourceVersion":"6"}}`)
	b.must(err)
	text, err := os.ReadFile(b.proxy.record.file.Name())
	b.must(err)
	var one request
	b.must(json.Unmarshal(bytes.TrimSpace(text), &one))
	if code != 200 || one.BasedOn != "6" || one.Version != "7" || one.UID != "u1" || one.AuditID != "a1" || !one.Write || !one.Forwarded || one.Name != "first" {
		t.Errorf("%d %s", code, text)
	}
}

func TestHeldBeforeItIsPassedOn(t *testing.T) {
	b := newBench(t)
	number := b.rule(`{"write":true}`, `{"kind":"hold","at":"request"}`)
	done := b.patchLater()
	b.expect("held")
	b.must(b.proxy.rules.end(number, true))
	if err := <-done; err == nil {
		t.Error("a dropped request was answered")
	}
	if len(b.served) != 0 {
		t.Error("a dropped request was passed on")
	}
}

func TestHeldBeforeTheReply(t *testing.T) {
	b := newBench(t)
	number := b.rule(`{"write":true,"nth":1}`, `{"kind":"hold","at":"reply"}`)
	done := b.patchLater()
	if held := b.expect("held"); held.Request.Version != "7" || len(b.served) != 1 || len(done) != 0 {
		t.Errorf("%+v, served %d, answered %d", held.Request, len(b.served), len(done))
	}
	b.must(b.proxy.rules.end(number, false))
	b.must(<-done)
}

func TestHeldAfterTheReply(t *testing.T) {
	b := newBench(t)
	number := b.rule(`{"write":true,"nth":1}`, `{"kind":"hold","at":"next"}`)
	b.must(<-b.patchLater())
	b.expect("held")
	<-b.served
	done := b.patchLater()
	time.Sleep(50 * time.Millisecond)
	if len(b.served) != 0 {
		t.Error("the request after it was passed on")
	}
	b.must(b.proxy.rules.end(number, false))
	b.must(<-done)
}

func TestFrozenObjectKeepsItsOrder(t *testing.T) {
	b := newBench(t)
	number := b.rule(`{"name":"a"}`, `{"kind":"freeze"}`)
	stream := b.watch(kind)
	bookmark := change("BOOKMARK", "", "4")
	for _, one := range []string{change("ADDED", "a", "1"), change("MODIFIED", "a", "2"), bookmark, change("ADDED", "b", "3")} {
		b.events <- one
	}
	b.read(stream, change("ADDED", "b", "3"))
	if held := b.expect("held"); held.Rule != number || held.Event.Version != "1" {
		t.Errorf("%+v", held)
	}
	b.must(b.proxy.rules.end(number, false))
	b.read(stream, change("ADDED", "a", "1"))
	b.read(stream, change("MODIFIED", "a", "2"))
	b.read(stream, bookmark)
}

func TestEventsAreLostRepeatedAndReordered(t *testing.T) {
	b := newBench(t)
	b.rule(`{"name":"lost"}`, `{"kind":"lose"}`)
	b.rule(`{"name":"again"}`, `{"kind":"repeat","repeat":1}`)
	b.rule(`{"name":"late"}`, `{"kind":"reorder"}`)
	b.rule(`{"name":"old"}`, `{"kind":"expire"}`)
	stream := b.watch(kind)
	for _, name := range []string{"lost", "again", "late", "last"} {
		b.events <- change("ADDED", name, "1")
	}
	for _, version := range []string{"2", "3"} {
		b.events <- change("MODIFIED", "late", version)
	}
	b.events <- change("ADDED", "old", "4")
	for _, name := range []string{"again", "again", "last", "late"} {
		b.read(stream, change("ADDED", name, "1"))
	}
	b.read(stream, change("MODIFIED", "late", "3"))
	b.read(stream, change("MODIFIED", "late", "2"))
	b.read(stream, strings.TrimSpace(expired))
	if _, err := stream.ReadByte(); err != io.EOF {
		t.Errorf("%v, not the end", err)
	}
}

func TestStreamIsCutWithinALine(t *testing.T) {
	b := newBench(t)
	b.rule(`{"type":"ADDED","nth":2}`, `{"kind":"cut","byte":5}`)
	stream := b.watch(kind)
	b.events <- change("ADDED", "a", "1")
	b.events <- change("ADDED", "b", "2")
	b.read(stream, change("ADDED", "a", "1"))
	rest, err := io.ReadAll(stream)
	if string(rest) != `{"typ` || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("%q %v", rest, err)
	}
}

func TestAnswersInsteadOfTheServer(t *testing.T) {
	b := newBench(t)
	b.rule(`{"method":"PATCH"}`, `{"kind":"answer","code":429,"headers":{"Retry-After":"3"},"body":"busy"}`)
	code, text, err := b.call("PATCH", object, "{}")
	b.must(err)
	if code != 429 || text != "busy" || len(b.served) != 0 {
		t.Errorf("%d %q", code, text)
	}
}

func TestDripsAsSlowlyAsItIsTold(t *testing.T) {
	b := newBench(t)
	b.rule(`{"method":"GET"}`, `{"kind":"drip","bytes_per_s":4}`)
	b.client.Timeout = 600 * time.Millisecond
	_, text, err := b.call("GET", object, "")
	if err == nil || len(text) < 1 || len(text) > 3 {
		t.Errorf("%q (%v)", text, err)
	}
}

// HTTP/1.1 tells of it by the end of the connection alone, which a write would meet a drop too late.
func TestAnAnswerEndsWhenWhoAskedHasLeft(t *testing.T) {
	b := newBench(t)
	b.rule(`{"method":"GET"}`, `{"kind":"drip","bytes_per_s":1}`)
	b.client.Timeout = 300 * time.Millisecond
	b.client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
	answer, err := b.client.Get(b.url + object)
	b.must(err)
	if _, err = io.ReadAll(answer.Body); err == nil || answer.ProtoMajor != 1 {
		t.Errorf("HTTP/%d, %v", answer.ProtoMajor, err)
	}
	var one request
	for one.End == 0 {
		time.Sleep(10 * time.Millisecond)
		text, err := os.ReadFile(b.proxy.record.file.Name())
		b.must(err)
		_ = json.Unmarshal(bytes.TrimSpace(text), &one)
	}
	if lasted := time.Duration(one.End - one.Time); lasted > 1500*time.Millisecond {
		t.Errorf("it lasted %s", lasted)
	}
}

func TestGoawayMakesANewConnection(t *testing.T) {
	b := newBench(t)
	b.rule(`{"nth":1}`, `{"kind":"goaway"}`)
	for range 2 {
		_, _, err := b.call("GET", object, "")
		b.must(err)
	}
	if b.connections.last != 2 {
		t.Errorf("%d connections", b.connections.last)
	}
}

func TestHalfOpenConnectionStaysSilent(t *testing.T) {
	b := newBench(t)
	_, _, err := b.call("GET", object, "")
	b.must(err)
	b.connections.each(func(c *connection) { c.isHushed.Store(true) })
	b.client.Timeout = 200 * time.Millisecond
	if _, _, err = b.call("GET", object, ""); err == nil {
		t.Error("it was answered")
	}
	b.newClient()
	_, _, err = b.call("GET", object, "")
	b.must(err)
}

func TestBadCertificatesAreBad(t *testing.T) {
	b := newBench(t)
	for state, isGood := range map[string]bool{"good": true, "expired": false, "wrong host": false, "unknown authority": false} {
		b.must(b.identity.show(state))
		b.newClient()
		if _, _, err := b.call("GET", object, ""); (err == nil) != isGood {
			t.Errorf("%s: %v", state, err)
		}
	}
}

func TestForeignNamespacesAreNotToldOf(t *testing.T) {
	b := newBench(t)
	b.proxy.namespaces = "lane-1-"
	stream := b.watch(kind)
	ours := `{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"lane-1-x","resourceVersion":"2"}}}`
	ofNone := `{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"3"}}}`
	b.events <- `{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"lane-2-x","resourceVersion":"1"}}}`
	b.events <- ours
	b.events <- ofNone
	b.read(stream, ours)
	b.read(stream, ofNone)
}

func TestARecordThatIsCutBeginsAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record")
	record, err := newRecord(path)
	if err != nil {
		t.Fatal(err)
	}
	record.write("one")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	record.write("two")
	if text, err := os.ReadFile(path); string(text) != "\"two\"\n" || err != nil {
		t.Fatalf("%q, %v", text, err)
	}
}
