package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// about is what a request or an event concerns.
type about struct {
	Resource    string `json:"resource"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	Subresource string `json:"subresource,omitempty"`
}

// request is the record of one request.
type request struct {
	Kind string `json:"kind"` // "request", or "watch" when a stream is opened
	ID   int64  `json:"id"`
	Time int64  `json:"time_ns"` // of its arrival
	End  int64  `json:"end_ns"`
	about
	Connection int64  `json:"connection"`
	Method     string `json:"method"`
	Path       string `json:"path"` // with its query
	IsWatch    bool   `json:"watch,omitempty"`
	IsList     bool   `json:"list,omitempty"` // a page of a list of all namespaces
	DryRun     bool   `json:"dryRun,omitempty"`
	Write      bool   `json:"write,omitempty"`   // changes an object, and no Lease nor Event
	Body       string `json:"body,omitempty"`    // of a mutating request
	BasedOn    string `json:"basedOn,omitempty"` // the resourceVersion that the request names
	Forwarded  bool   `json:"forwarded"`         // has gone to the apiserver
	Code       int    `json:"code"`              // what the apiserver answered; 0: nothing
	UID        string `json:"uid,omitempty"`     // of the answered object
	Version    string `json:"resourceVersion,omitempty"`
	AuditID    string `json:"auditID,omitempty"` // by which the apiserver's audit log knows it
	Done       string `json:"done,omitempty"`    // the action that was taken, "" if none
	Rule       int    `json:"rule,omitempty"`
}

// event is the record of one event of a watch.
type event struct {
	Kind string `json:"kind"` // "event"
	Time int64  `json:"time_ns"`
	about
	Watch   int64  `json:"watch"` // the request that it belongs to
	Type    string `json:"type"`
	Version string `json:"resourceVersion"`
	Done    string `json:"done"` // "passed", or what was done to it
	Rule    int    `json:"rule,omitempty"`
}

// record is the file of all that happened, one JSON line each, in the order of its ends. Whoever watches for hours may
// cut it: what comes goes to its end, wherever that is.
type record struct {
	mutex sync.Mutex
	file  *os.File
	last  int64
}

func newRecord(path string) (*record, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
	return &record{file: file}, err
}

func (r *record) write(line any) {
	text, err := json.Marshal(line)
	check(err)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	_, err = r.file.Write(append(text, '\n'))
	check(err)
}

func (r *record) next() int64 {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.last++
	return r.last
}

// begin makes the record of a request that has just come.
func (r *record) begin(from *http.Request, body []byte) *request {
	query := from.URL.Query()
	made := &request{Kind: "request", ID: r.next(), Time: time.Now().UnixNano(), about: locate(from.URL),
		Connection: connectionOf(from.Context()).id, Method: from.Method, Path: from.URL.RequestURI(),
		IsWatch: query.Get("watch") == "1" || query.Get("watch") == "true", DryRun: query.Has("dryRun")}
	made.IsList = from.Method == http.MethodGet && !made.IsWatch && made.Resource != "" && made.Namespace == "" && made.Name == ""
	if from.Method != http.MethodGet {
		made.Body = string(body)
		made.BasedOn = versionIn(body)
		made.Write = !made.DryRun && made.Resource != "leases" && made.Resource != "events"
	}
	if made.Name == "" && from.Method == http.MethodPost {
		made.Namespace, made.Name = nameIn(made.Namespace, body)
	}
	return made
}

func (r *record) end(request *request) {
	request.End = time.Now().UnixNano()
	r.write(request)
}

// locate reads /api/v1/…, /apis/GROUP/VERSION/…: [namespaces/NAMESPACE/]RESOURCE[/NAME[/SUBRESOURCE]].
func locate(target *url.URL) about {
	words := strings.Split(strings.Trim(target.Path, "/"), "/")
	switch {
	case len(words) >= 2 && words[0] == "api":
		words = words[2:]
	case len(words) >= 3 && words[0] == "apis":
		words = words[3:]
	default:
		return about{}
	}
	var found about
	if len(words) >= 3 && words[0] == "namespaces" && words[2] != "status" && words[2] != "finalize" {
		found.Namespace, words = words[1], words[2:]
	}
	for i, field := range []*string{&found.Resource, &found.Name, &found.Subresource} {
		if i < len(words) {
			*field = words[i]
		}
	}
	return found
}

// head is what is read of any object.
type head struct {
	Metadata      struct{ Name, Namespace, UID, ResourceVersion string }
	Preconditions struct{ ResourceVersion string } // of a DELETE
}

func headOf(body []byte) head {
	var found head
	_ = json.Unmarshal(body, &found) // what is no object has none of it
	return found
}

func versionIn(body []byte) string {
	found := headOf(body)
	if found.Metadata.ResourceVersion != "" {
		return found.Metadata.ResourceVersion
	}
	return found.Preconditions.ResourceVersion
}

func nameIn(namespace string, body []byte) (string, string) {
	found := headOf(body)
	if found.Metadata.Namespace != "" {
		namespace = found.Metadata.Namespace
	}
	return namespace, found.Metadata.Name
}
