package main

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
)

// shelf is what the operator was told of one resource.
type shelf struct {
	last    page                       // of its list, without the items; its version is that of the last event
	objects map[string]json.RawMessage // by namespace/name
}

// mirror has a shelf for each resource.
type mirror struct {
	mutex   sync.Mutex
	shelves map[string]*shelf
	begun   map[string]*shelf // of lists whose last page has not come
}

func newMirror() *mirror { return &mirror{shelves: map[string]*shelf{}, begun: map[string]*shelf{}} }

// list takes a page that was passed on. With the last one the list takes the place of all that was told before.
func (m *mirror) list(resource string, page *page, isContinued bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if !isContinued {
		m.begun[resource] = &shelf{objects: map[string]json.RawMessage{}}
	}
	one := m.begun[resource]
	if one == nil {
		return
	}
	for _, object := range page.Items {
		meta := headOf(object).Metadata
		one.objects[meta.Namespace+"/"+meta.Name] = object
	}
	one.last = *page
	one.last.Items = nil
	if page.Metadata.Continue == "" {
		m.shelves[resource] = one
		delete(m.begun, resource)
	}
}

// put takes an event that was passed on.
func (m *mirror) put(event *event, object json.RawMessage) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	one := m.shelves[event.Resource]
	if one == nil {
		return
	}
	key := event.Namespace + "/" + event.Name
	switch event.Type {
	case "ADDED", "MODIFIED":
		one.objects[key] = object
	case "DELETED":
		delete(one.objects, key)
	case "BOOKMARK":
	default:
		return
	}
	one.last.Metadata.ResourceVersion = event.Version
}

// page is the list of what is known now, in one; nil when nothing was told yet.
func (m *mirror) page(resource string) *page {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	one := m.shelves[resource]
	if one == nil {
		return nil
	}
	made := one.last
	made.Items = []json.RawMessage{}
	for _, key := range slices.Sorted(maps.Keys(one.objects)) {
		made.Items = append(made.Items, one.objects[key])
	}
	return &made
}
