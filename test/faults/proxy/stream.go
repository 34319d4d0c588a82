package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

const expired = `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",` +
	`"message":"too old resource version","reason":"Expired","code":410}}` + "\n"

// streams are the watches that are open.
type streams struct {
	mutex sync.Mutex
	open  map[*stream]bool
}

func newStreams() *streams { return &streams{open: map[*stream]bool{}} }

func (s *streams) end(match *match) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for one := range s.open {
		if match.Resource.has(one.request.Resource) {
			one.endOnce.Do(func() { close(one.ending) })
		}
	}
}

func (s *streams) set(one *stream, isOpen bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if isOpen {
		s.open[one] = true
	} else {
		delete(s.open, one)
	}
}

// waiting is an event that was kept back.
type waiting struct {
	event *event
	line  []byte
	rule  *rule
}

// stream is one watch on its way to the operator.
type stream struct {
	*proxy
	request *request
	reply   *reply
	pending []waiting
	late    *waiting // goes after the next event, and before a bookmark
	ending  chan struct{}
	endOnce sync.Once
}

// follow passes events on until the stream ends.
func (p *proxy) follow(request *request, reply *reply, from *http.Request, body io.Reader) {
	request.Kind = "watch"
	p.record.end(request)
	one := &stream{proxy: p, request: request, reply: reply, ending: make(chan struct{})}
	p.streams.set(one, true)
	defer p.streams.set(one, false)
	reply.flush()
	one.run(from.Context(), body)
}

func readLines(ctx context.Context, body io.Reader) <-chan []byte {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		reader := bufio.NewReader(body)
		for {
			line, err := reader.ReadBytes('\n')
			if err != nil {
				return
			}
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

func (s *stream) run(ctx context.Context, body io.Reader) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := readLines(ctx, body)
	for goesOn := true; goesOn; {
		changed := s.rules.change()
		s.thaw()
		select {
		case line, isThere := <-lines:
			goesOn = isThere && s.take(line)
		case <-changed:
		case <-s.ending:
			return
		case <-ctx.Done():
			return
		}
	}
}

// thaw passes on what waited for rules that are over, in its order.
func (s *stream) thaw() {
	rest := s.pending
	s.pending = nil
	for _, one := range rest {
		if one.rule.isOver() && s.blocker(one.event) == nil {
			one.event.Done = "thawed"
			s.pass(one.event, one.line)
		} else {
			s.pending = append(s.pending, one)
		}
	}
}

func (r *rule) isOver() bool {
	select {
	case <-r.over:
		return true
	default:
		return false
	}
}

// blocker is the rule that keeps back something which this event must not overtake: an older event of the same object;
// for a bookmark, anything.
func (s *stream) blocker(event *event) *rule {
	at := slices.IndexFunc(s.pending, func(one waiting) bool {
		return event.Type == "BOOKMARK" || (one.event.Namespace == event.Namespace && one.event.Name == event.Name)
	})
	if at < 0 {
		return nil
	}
	return s.pending[at].rule
}

// take does to one event what a rule says. false ends the stream.
func (s *stream) take(line []byte) bool {
	event := s.read(line)
	if !s.isTold(event.Namespace) {
		return true
	}
	one := s.blocker(event)
	if one == nil {
		one = s.rules.forEvent(event)
	} else {
		s.keep(one, event, line)
		return true
	}
	if one == nil {
		s.pass(event, line)
		return true
	}
	event.Rule, event.Done = one.ID, one.action.Kind
	switch one.action.Kind {
	case "freeze":
		s.keep(one, event, line)
		s.rules.notices.send(notice{Rule: one.ID, Notice: "held", Event: event})
	case "lose":
		s.record.write(event)
	case "repeat":
		for range one.action.Repeat + 1 {
			s.pass(event, line)
		}
	case "reorder":
		if s.late == nil {
			s.late = &waiting{event: event, line: line}
		} else { // it is the next one of an event that is late
			event.Rule, event.Done = 0, "passed"
			s.pass(event, line)
		}
	case "expire":
		s.record.write(event)
		s.send([]byte(expired))
		return false
	case "cut":
		s.record.write(event)
		s.reply.cut(line[:min(one.action.Byte, len(line)-1)])
	case "delay":
		time.Sleep(time.Duration(one.action.MS) * time.Millisecond)
		s.pass(event, line)
	case "garbage":
		s.send([]byte(one.action.Body + "\n"))
		s.pass(event, line)
	}
	return true
}

func (s *stream) read(line []byte) *event {
	var found struct {
		Type   string
		Object json.RawMessage
	}
	_ = json.Unmarshal(line, &found) // what is no event has no type, and is passed on
	meta := headOf(found.Object).Metadata
	return &event{Kind: "event", Time: time.Now().UnixNano(), Watch: s.request.ID, Type: found.Type, Version: meta.ResourceVersion,
		Done:  "passed",
		about: about{Resource: s.request.Resource, Namespace: meta.Namespace, Name: meta.Name}}
}

func (s *stream) keep(one *rule, event *event, line []byte) {
	event.Rule, event.Done = one.ID, "frozen"
	s.record.write(event)
	s.pending = append(s.pending, waiting{event, line, one})
}

// pass hands an event over, records it, and remembers that the operator knows it. Nothing that is late goes behind a bookmark.
func (s *stream) pass(event *event, line []byte) {
	if late := s.late; late != nil && event.Type == "BOOKMARK" {
		s.late = nil
		s.pass(late.event, late.line)
	}
	s.record.write(event)
	s.send(line)
	var found struct{ Object json.RawMessage }
	_ = json.Unmarshal(line, &found)
	s.mirror.put(event, found.Object)
	if late := s.late; late != nil {
		s.late = nil
		s.pass(late.event, late.line)
	}
}

func (s *stream) send(line []byte) {
	_, _ = s.reply.Write(line)
	s.reply.flush()
}
