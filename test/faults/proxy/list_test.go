package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

const list = "/apis/sluice.dev/v1alpha1/promotions?limit=2"
const more = list + "&continue=more"

// pageOf is a page at a version, with these objects as each is since a version; next is the token of the page after it.
func pageOf(version, next string, objects ...string) string {
	if next != "" {
		next = fmt.Sprintf(`,"continue":%q`, next)
	}
	return fmt.Sprintf(`{"kind":"PromotionList","apiVersion":"sluice.dev/v1alpha1","metadata":{"resourceVersion":%q%s},"items":[%s]}`,
		version, next, strings.Join(objects, ","))
}

func item(namespace, name, version string) string {
	return fmt.Sprintf(`{"metadata":{"namespace":%q,"name":%q,"resourceVersion":%q}}`, namespace, name, version)
}

// get asks for a page. What the server is to answer comes first; "": it is not to be asked.
func (b *bench) get(target, served, want string) {
	b.Helper()
	if served != "" {
		b.pages <- served
	}
	code, text, err := b.call("GET", target, "")
	if code != 200 || text != want || err != nil || len(b.pages) != 0 {
		b.Errorf("%d %q (%v), %d not asked for; not %q", code, text, err, len(b.pages), want)
	}
}

func (b *bench) recorded() string {
	text, err := os.ReadFile(b.proxy.record.file.Name())
	b.must(err)
	return string(text)
}

func TestStaleListTellsWhatWasKnown(t *testing.T) {
	b := newBench(t)
	first, last := pageOf("4", "more", item("shop", "b", "1"), item("shop", "a", "2")), pageOf("4", "", item("shop", "c", "3"))
	b.get(list, first, first)
	b.get(more, last, last)
	stream := b.watch(kind)
	for _, one := range []string{change("MODIFIED", "b", "5"), change("DELETED", "c", "6"), change("ADDED", "d", "7"), change("BOOKMARK", "", "8")} {
		b.events <- one
		b.read(stream, one)
	}
	number := b.rule(`{"resource":"promotions"}`, `{"kind":"freeze","lists":true}`)
	b.events <- "" // so that the server tells nothing more in this one
	if rest, err := io.ReadAll(stream); len(rest) != 0 || err != nil {
		t.Errorf("%q %v, not the end", rest, err)
	}
	known := pageOf("8", "", item("shop", "a", "2"), item("shop", "b", "5"), item("shop", "d", "7"))
	b.get(list, "", known)
	stream = b.watch(kind)
	b.events <- change("DELETED", "a", "9")
	b.events <- change("BOOKMARK", "", "10")
	for end := time.Now().Add(patience); strings.Count(b.recorded(), `"frozen"`) < 2; {
		if time.Now().After(end) {
			t.Fatal(b.recorded())
		}
		time.Sleep(time.Millisecond)
	}
	b.get(list, "", known)
	b.must(b.proxy.rules.end(number, false))
	b.read(stream, change("DELETED", "a", "9"))
	b.read(stream, change("BOOKMARK", "", "10"))
	b.get(list, last, last)
}

func TestAListIsKnownWithItsLastPage(t *testing.T) {
	b := newBench(t)
	first, last := pageOf("4", "more", item("shop", "a", "1")), pageOf("4", "", item("shop", "b", "2"))
	b.get(list, first, first)
	number := b.rule(`{}`, `{"kind":"freeze","lists":true}`)
	b.get(list, first, first) // nothing is known yet
	b.get(more, last, last)   // what has begun goes on
	b.must(b.proxy.rules.end(number, false))
	b.rule(`{"list":true,"nth":1}`, `{"kind":"cut","byte":5}`)
	b.pages <- pageOf("7", "")
	if _, text, err := b.call("GET", list, ""); text != `{"kin` || err == nil {
		t.Errorf("%q %v", text, err)
	}
	b.rule(`{}`, `{"kind":"freeze","lists":true}`)
	b.get(list, "", pageOf("4", "", item("shop", "a", "1"), item("shop", "b", "2")))
}

func TestPagesAreRecorded(t *testing.T) {
	b := newBench(t)
	b.get(list, pageOf("4", ""), pageOf("4", ""))
	b.rule(`{}`, `{"kind":"freeze","lists":true}`)
	b.get(list, "", pageOf("4", ""))
	_, _, err := b.call("GET", object, "")
	b.must(err)
	told := ""
	for line := range strings.Lines(b.recorded()) {
		var one request
		b.must(json.Unmarshal([]byte(line), &one))
		told += fmt.Sprintf("%s %t %d %t %s|", one.Kind, one.IsList, one.Code, one.Forwarded, one.Done)
	}
	if told != "request true 200 true |request true 200 false stale|request false 200 true |" {
		t.Error(told)
	}
}

func TestForeignNamespacesAreNotListed(t *testing.T) {
	b := newBench(t)
	b.proxy.namespaces = "lane-1-"
	ofThree := pageOf("3", "more", item("lane-2-x", "a", "1"), item("lane-1-x", "a", "2"), item("", "a", "3"))
	b.get(list, ofThree, pageOf("3", "more", item("lane-1-x", "a", "2"), item("", "a", "3")))
	b.get(more, pageOf("3", "", item("lane-2-x", "b", "1")), pageOf("3", ""))
}
