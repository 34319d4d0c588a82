package main

import (
	"encoding/json"
	"net/url"
	"testing"
)

func TestLocate(t *testing.T) {
	for target, want := range map[string]about{
		"/api/v1/namespaces":                                                {Resource: "namespaces"},
		"/api/v1/namespaces/shop":                                           {Resource: "namespaces", Name: "shop"},
		"/api/v1/namespaces/shop/status":                                    {Resource: "namespaces", Name: "shop", Subresource: "status"},
		"/api/v1/namespaces/shop/configmaps/sluice-pins":                    {Resource: "configmaps", Namespace: "shop", Name: "sluice-pins"},
		"/apis/apps/v1/deployments?watch=1":                                 {Resource: "deployments"},
		"/apis/sluice.dev/v1alpha1/namespaces/shop/promotions/first/status": {Resource: "promotions", Namespace: "shop", Name: "first", Subresource: "status"},
		"/version": {},
	} {
		parsed, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if found := locate(parsed); found != want {
			t.Errorf("%s: %+v", target, found)
		}
	}
}

func TestTurns(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                     "1111",
		`{"times": 2}`:           "1100",
		`{"nth": 2}`:             "0100",
		`{"nth": 2, "times": 2}`: "0110",
	} {
		var one match
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatal(err)
		}
		found := ""
		for count := 1; count <= 4; count++ {
			found += map[bool]string{true: "1", false: "0"}[one.isInTurn(count)]
		}
		if found != want {
			t.Errorf("%s: %s, not %s", text, found, want)
		}
	}
}

func TestFitting(t *testing.T) {
	status := &request{about: about{Resource: "promotions", Namespace: "shop", Name: "first", Subresource: "status"}, Method: "PATCH", Write: true}
	for text, want := range map[string]bool{
		`{}`:                                     true,
		`{"method": ["PUT", "PATCH"]}`:           true,
		`{"method": "PUT"}`:                      false,
		`{"resource": "promotions"}`:             true,
		`{"subresource": "status"}`:              true,
		`{"subresource": ""}`:                    false,
		`{"write": true, "name": "first"}`:       true,
		`{"watch": true}`:                        false,
		`{"list": true}`:                         false,
		`{"watch": false, "namespace": "other"}`: false,
	} {
		var one match
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatal(err)
		}
		if one.fits(status) != want {
			t.Errorf("%s fits: %t", text, !want)
		}
	}
}
