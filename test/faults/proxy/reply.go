package main

import (
	"context"
	"maps"
	"net/http"
	"time"
)

const dripPause = 100 * time.Millisecond // the shortest

// reply is what goes to the operator, whole, cut, or drop by drop.
type reply struct {
	http.ResponseWriter
	ctx   context.Context // ends when the operator leaves
	left  int             // bytes of the body until it is cut; negative: never
	drip  int             // bytes at once, then a pause; 0: all
	pause time.Duration   // between two drops
}

func newReply(ctx context.Context, to http.ResponseWriter, one *rule) *reply {
	made := &reply{ResponseWriter: to, ctx: ctx, left: -1}
	if one == nil {
		return made
	}
	switch one.action.Kind {
	case "cut":
		made.left = one.action.Byte
	case "drip":
		perS := time.Duration(max(1, one.action.BytesPerS))
		made.drip, made.pause = max(1, int(perS*dripPause/time.Second)), max(dripPause, time.Second/perS)
	}
	return made
}

// open sends the head of the apiserver's answer, with what the rule changes in it.
func (r *reply) open(answer *http.Response, one *rule) {
	maps.Copy(r.Header(), answer.Header)
	if one != nil {
		for name, value := range one.action.Headers {
			r.Header().Set(name, value)
		}
		if one.action.Kind == "goaway" {
			r.Header().Set("Connection", "close")
		}
	}
	r.WriteHeader(answer.StatusCode)
}

func (r *reply) Write(bytes []byte) (int, error) {
	total := len(bytes)
	for first := true; len(bytes) > 0 || first; first = false {
		piece := bytes
		if r.drip > 0 && !first {
			select {
			case <-time.After(r.pause):
			case <-r.ctx.Done():
				return total - len(bytes), r.ctx.Err()
			}
		}
		if r.drip > 0 && len(piece) > r.drip {
			piece = piece[:r.drip]
		}
		if r.left >= 0 && len(piece) >= r.left {
			r.cut(piece[:r.left])
		}
		if _, err := r.ResponseWriter.Write(piece); err != nil {
			return 0, err
		}
		if r.drip > 0 {
			r.flush()
		}
		r.left -= min(len(piece), max(r.left, 0))
		bytes = bytes[len(piece):]
	}
	return total, nil
}

// cut sends the last bytes and resets the stream.
func (r *reply) cut(bytes []byte) {
	_, _ = r.ResponseWriter.Write(bytes)
	r.flush()
	panic(http.ErrAbortHandler)
}

func (r *reply) flush() {
	_ = http.NewResponseController(r.ResponseWriter).Flush()
}
