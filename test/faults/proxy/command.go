package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// command is one line of the input. Each is answered by the notice "done" or "refused" with its number.
type command struct {
	Number int
	Do     string // rule, release, drop, end, sever, hush, move, show
	Rule   int
	Match  match
	Action action
	State  string // show: which certificate; move: which address
}

// notice is one line of the output.
type notice struct {
	Notice  string   `json:"notice"` // listening, done, refused, hit, held
	Number  int      `json:"number,omitempty"`
	Rule    int      `json:"rule,omitempty"`
	Address string   `json:"address,omitempty"`
	Why     string   `json:"why,omitempty"`
	Request *request `json:"request,omitempty"`
	Event   *event   `json:"event,omitempty"` // held: instead of a request
}

type notices struct {
	mutex sync.Mutex
	out   *json.Encoder
}

func newNotices(out io.Writer) *notices { return &notices{out: json.NewEncoder(out)} }

// send tells the test. Whoever sends a request's record changes it in no other thread.
func (n *notices) send(one notice) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	check(n.out.Encode(one))
}

// obey does what the lines say, until they end.
func obey(in io.Reader, proxy *proxy, identity *identity, connections *connections, notices *notices) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var one command
		err = json.Unmarshal(line, &one)
		if err == nil {
			err = carryOut(&one, proxy, identity, connections)
		}
		if err != nil {
			notices.send(notice{Notice: "refused", Number: one.Number, Why: err.Error()})
		} else {
			notices.send(notice{Notice: "done", Number: one.Number})
		}
	}
}

func carryOut(one *command, proxy *proxy, identity *identity, connections *connections) error {
	switch one.Do {
	case "rule":
		return proxy.rules.add(one.Rule, one.Match, one.Action)
	case "release":
		return proxy.rules.end(one.Rule, false)
	case "drop":
		return proxy.rules.end(one.Rule, true)
	case "end": // streams of watches, as the apiserver ends them when their time is over
		proxy.streams.end(&one.Match)
	case "sever":
		connections.each(func(c *connection) { _ = c.Close() })
	case "hush":
		connections.each(func(c *connection) { c.isHushed.Store(true) })
	case "move": // to another address of this host
		connections.address.Store(&one.State)
	case "show":
		return identity.show(one.State)
	default:
		return fmt.Errorf("there is no command %q", one.Do)
	}
	return nil
}
