package main

import (
	"encoding/json"
	"sync"
)

// shelf is what the operator was told of one resource.
type shelf struct {
	objects map[string]json.RawMessage // by namespace/name
	version string
}

// mirror has a shelf for each resource.
type mirror struct {
	mutex   sync.Mutex
	shelves map[string]*shelf
}

func newMirror() *mirror { return &mirror{shelves: map[string]*shelf{}} }

func newShelf() *shelf { return &shelf{objects: map[string]json.RawMessage{}} }

func (m *mirror) set(resource string, one *shelf) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.shelves[resource] = one
}

// put takes an event that was passed on.
func (s *shelf) put(event *event, object json.RawMessage) {
	key := event.Namespace + "/" + event.Name
	switch event.Type {
	case "ADDED", "MODIFIED":
		s.objects[key] = object
	case "DELETED":
		delete(s.objects, key)
	case "BOOKMARK":
	default:
		return
	}
	s.version = event.Version
}

func (m *mirror) put(event *event, object json.RawMessage) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if one := m.shelves[event.Resource]; one != nil {
		one.put(event, object)
	}
}

// copy is the shelf as it is now; nil when nothing was told yet.
func (m *mirror) copy(resource string) *shelf {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	one := m.shelves[resource]
	if one == nil {
		return nil
	}
	made := newShelf()
	made.version = one.version
	for key, object := range one.objects {
		made.objects[key] = object
	}
	return made
}
