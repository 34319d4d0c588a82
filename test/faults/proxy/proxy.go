package main

import (
	"context"
	"io"
	"net/http"
	"time"
)

// proxy handles the requests of the operator.
type proxy struct {
	upstream   *upstream
	namespaces string // how those begin that events tell of; "": all
	record     *record
	rules      *rules
	mirror     *mirror
	streams    *streams
}

func (p *proxy) ServeHTTP(to http.ResponseWriter, from *http.Request) {
	body, err := io.ReadAll(from.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	request := p.record.begin(from, body)
	defer func() {
		if request.Kind == "request" { // a watch was recorded when it was opened
			p.record.end(request)
		}
	}()
	if !p.rules.pass(from.Context()) {
		panic(http.ErrAbortHandler)
	}
	one := p.rules.forRequest(request)
	if one != nil && !p.before(one, request, to, from) {
		return
	}
	if request.IsList && !from.URL.Query().Has("continue") && p.answerStale(from.Context(), one, request, to) {
		return
	}
	p.forward(one, request, to, from, body)
}

// before does what a rule wants before the request is passed on. false: instead of that.
func (p *proxy) before(one *rule, request *request, to http.ResponseWriter, from *http.Request) bool {
	ctx := from.Context()
	switch one.action.Kind {
	case "answer", "garbage":
		p.answer(one, to)
		return false
	case "never":
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case "drop":
		drop(ctx)
	case "delay":
		select {
		case <-time.After(time.Duration(one.action.MS) * time.Millisecond):
		case <-ctx.Done():
			panic(http.ErrAbortHandler)
		}
	case "hold":
		if one.action.At == "request" && !p.rules.hold(ctx, one, request) {
			drop(ctx)
		}
	}
	return true
}

// drop closes the operator's connection without an answer.
func drop(ctx context.Context) {
	_ = connectionOf(ctx).Close()
	panic(http.ErrAbortHandler)
}

func (p *proxy) answer(one *rule, to http.ResponseWriter) {
	code, text := one.action.Code, []byte(one.action.Body)
	if one.action.Base64 != nil {
		text = one.action.Base64
	}
	if one.action.Kind == "garbage" {
		code = http.StatusOK
		if len(text) == 0 {
			text = []byte("\x00\x01{[}]\xff\n")
		}
	}
	to.Header().Set("Content-Type", "application/json")
	for name, value := range one.action.Headers {
		to.Header().Set(name, value)
	}
	to.WriteHeader(code)
	for range max(one.action.Repeat, 1) {
		if _, err := to.Write(text); err != nil {
			break
		}
	}
}

// forward passes the request on, and its answer back. What changes an object comes to its end also when the operator has gone.
func (p *proxy) forward(one *rule, request *request, to http.ResponseWriter, from *http.Request, body []byte) {
	ctx := from.Context()
	if request.Method != http.MethodGet {
		ctx = context.WithoutCancel(ctx)
	}
	request.Forwarded = true
	answer, err := p.upstream.send(ctx, from, request.Path, body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	request.Code, request.AuditID = answer.StatusCode, answer.Header.Get("Audit-Id")
	reply := newReply(from.Context(), to, one)
	if request.IsWatch && answer.StatusCode == http.StatusOK {
		reply.open(answer, one)
		p.follow(request, reply, from, answer.Body)
	} else if request.IsList && answer.StatusCode == http.StatusOK {
		p.answerPage(one, request, reply, from, answer)
	} else if request.Method == http.MethodGet {
		reply.open(answer, one)
		_, _ = io.Copy(reply, answer.Body)
	} else {
		p.answerWrite(one, request, reply, from, answer)
	}
}

// answerWrite reads the whole answer, so that the record says what came of the write whatever becomes of the reply.
func (p *proxy) answerWrite(one *rule, request *request, reply *reply, from *http.Request, answer *http.Response) {
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	found := headOf(text)
	request.UID, request.Version = found.Metadata.UID, found.Metadata.ResourceVersion
	at := ""
	if one != nil {
		at = one.action.At
	}
	if at == "reply" && !p.rules.hold(from.Context(), one, request) {
		drop(from.Context())
	}
	if at == "next" {
		p.rules.shut(one)
		told := *request
		context.AfterFunc(from.Context(), func() { // when the reply has gone out
			p.rules.notices.send(notice{Rule: one.ID, Notice: "held", Request: &told})
		})
	}
	reply.open(answer, one)
	_, _ = reply.Write(text)
}
