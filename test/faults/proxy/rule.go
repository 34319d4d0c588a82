package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// words is a word or a list of words.
type words []string

func (w *words) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(w))
}

func (w words) has(word string) bool { return w == nil || slices.Contains(w, word) }

// match says which requests or events a rule is about. What is absent matches anything.
type match struct {
	Method      words
	Resource    words
	Namespace   words
	Name        words
	Subresource words
	Type        words // of an event
	Watch       *bool
	List        bool // pages of lists
	Write       bool // requests that change an object, and no Lease nor Event
	Nth         int  // from the n-th on that matches; 0: 1
	Times       int  // so many; 0: one when Nth is given, else all
}

func (m *match) isAbout(what about) bool {
	return m.Resource.has(what.Resource) && m.Namespace.has(what.Namespace) && m.Name.has(what.Name) &&
		m.Subresource.has(what.Subresource)
}

func (m *match) fits(request *request) bool {
	return m.isAbout(request.about) && m.Method.has(request.Method) &&
		(m.Watch == nil || *m.Watch == request.IsWatch) && (!m.List || request.IsList) && (!m.Write || request.Write)
}

// fitsEvent: a bookmark is matched by its type only when it is named.
func (m *match) fitsEvent(event *event) bool {
	if m.Type == nil && event.Type == "BOOKMARK" {
		return false
	}
	return m.Type.has(event.Type) && m.isAbout(event.about)
}

func (m *match) isInTurn(count int) bool {
	first, times := max(m.Nth, 1), m.Times
	if times == 0 && m.Nth > 0 {
		times = 1
	}
	return count >= first && (times == 0 || count < first+times)
}

// action is what a rule does: see the page of the interface in proxy.py.
type action struct {
	Kind      string
	At        string            // hold: "request", "reply", "next"
	Code      int               // answer
	Headers   map[string]string // answer, headers
	Body      string            // answer, garbage
	Base64    []byte            // answer: instead of Body, for what is no text
	Repeat    int               // answer, repeat: so many times
	MS        int               // delay
	Byte      int               // cut
	BytesPerS int               `json:"bytes_per_s"` // drip
	Lists     bool              // freeze: lists tell what was known as well
}

// Those that are done to an event; the others are done to a request. With a type in the match some may be either.
var onEvents = map[string]bool{"freeze": true, "lose": true, "repeat": true, "reorder": true, "expire": true}
var onEither = map[string]bool{"cut": true, "delay": true, "garbage": true}
var onRequests = map[string]bool{"hold": true, "answer": true, "drip": true, "never": true, "headers": true,
	"goaway": true, "drop": true}

type rule struct {
	ID       int
	match    match
	action   action
	count    int
	isEvents bool
	over     chan struct{} // closed by release and drop
	isDrop   bool          // to be read after over
}

// rules is all that the proxy was told to do.
type rules struct {
	notices *notices
	mutex   sync.Mutex
	all     []*rule
	gate    *rule         // "next": while set, every request waits for its end
	changed chan struct{} // closed at each end of a rule
}

func newRules(notices *notices) *rules {
	return &rules{notices: notices, changed: make(chan struct{})}
}

func (r *rules) add(id int, match match, action action) error {
	isEvents := onEvents[action.Kind] || (onEither[action.Kind] && match.Type != nil)
	if !isEvents && !onRequests[action.Kind] && !onEither[action.Kind] {
		return fmt.Errorf("there is no action %q", action.Kind)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.all = append(r.all, &rule{ID: id, match: match, action: action, isEvents: isEvents, over: make(chan struct{})})
	return nil
}

// end takes a rule away. What it holds goes on, or is dropped.
func (r *rules) end(id int, isDrop bool) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	at := slices.IndexFunc(r.all, func(one *rule) bool { return one.ID == id })
	if at < 0 {
		return fmt.Errorf("there is no rule %d", id)
	}
	one := r.all[at]
	r.all = slices.Delete(r.all, at, at+1)
	if r.gate == one {
		r.gate = nil
	}
	one.isDrop = isDrop
	close(one.over)
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
}

// pick counts with every rule that fits, and returns the first whose turn it is.
func (r *rules) pick(fits func(*rule) bool) *rule {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var found *rule
	for _, one := range r.all {
		if !fits(one) {
			continue
		}
		one.count++
		if found == nil && one.match.isInTurn(one.count) {
			found = one
		}
	}
	return found
}

func (r *rules) forRequest(request *request) *rule {
	found := r.pick(func(one *rule) bool { return !one.isEvents && one.match.fits(request) })
	if found != nil {
		request.Rule, request.Done = found.ID, found.action.Kind
		r.notices.send(notice{Rule: found.ID, Notice: "hit", Request: request})
	}
	return found
}

func (r *rules) forEvent(event *event) *rule {
	return r.pick(func(one *rule) bool { return one.isEvents && one.match.fitsEvent(event) })
}

// stale is the rule by which a list of the resource tells what was known, nil if none.
func (r *rules) stale(resource string) *rule {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, one := range r.all {
		if one.action.Kind == "freeze" && one.action.Lists && one.match.Resource.has(resource) {
			return one
		}
	}
	return nil
}

// hold waits for the rule's end. false: what waits is dropped, or nobody waits for it any more.
func (r *rules) hold(ctx context.Context, one *rule, request *request) bool {
	r.notices.send(notice{Rule: one.ID, Notice: "held", Request: request})
	return one.wait(ctx)
}

func (r *rule) wait(ctx context.Context) bool {
	select {
	case <-r.over:
		return !r.isDrop
	case <-ctx.Done():
		return false
	}
}

// shut makes every request that comes from now on wait for the rule's end.
func (r *rules) shut(one *rule) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if slices.Contains(r.all, one) {
		r.gate = one
	}
}

func (r *rules) pass(ctx context.Context) bool {
	r.mutex.Lock()
	gate := r.gate
	r.mutex.Unlock()
	return gate == nil || gate.wait(ctx)
}

func (r *rules) change() <-chan struct{} {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.changed
}
