package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// page is a page of a list, and a list that has no other.
type page struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	Metadata   struct {
		ResourceVersion string `json:"resourceVersion"`
		Continue        string `json:"continue,omitempty"` // the token by which the next one is asked for; "": there is none
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// isTold: the operator hears of what is in no namespace, and of what is in its own.
func (p *proxy) isTold(namespace string) bool {
	return namespace == "" || strings.HasPrefix(namespace, p.namespaces)
}

// answerPage passes a page on, without what is in foreign namespaces, and remembers that the operator knows it.
func (p *proxy) answerPage(one *rule, request *request, reply *reply, from *http.Request, answer *http.Response) {
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var found page
	check(json.Unmarshal(text, &found))
	if p.namespaces != "" {
		isForeign := func(item json.RawMessage) bool { return !p.isTold(headOf(item).Metadata.Namespace) }
		found.Items = slices.DeleteFunc(found.Items, isForeign)
		text, err = json.Marshal(&found)
		check(err)
		answer.Header.Del("Content-Length")
	}
	reply.open(answer, one)
	_, _ = reply.Write(text)
	p.mirror.list(request.Resource, &found, from.URL.Query().Has("continue")) // before the reply ends, and a watch follows
}

// answerStale answers a list from what the operator was told before, if a rule wants it and there is something. The
// events of the watch that follows are the rule's as well.
func (p *proxy) answerStale(ctx context.Context, one *rule, request *request, to http.ResponseWriter) bool {
	stale, known := p.rules.stale(request.Resource), p.mirror.page(request.Resource)
	if stale == nil || known == nil {
		return false
	}
	text, err := json.Marshal(known)
	check(err)
	request.Code, request.Done, request.Rule = http.StatusOK, "stale", stale.ID
	to.Header().Set("Content-Type", "application/json")
	_, _ = newReply(ctx, to, one).Write(text)
	return true
}
