package api_test

import (
	"net/url"
	"testing"

	"confab/internal/contract"
)

// The answers about numbers have every property of the contract's description.
func TestNumberAnswers_areAsDescribed(t *testing.T) {
	described := readDescription(t)
	d := withBlocks(t)
	check := func(method, path string, status int, form url.Values) map[string]any {
		t.Helper()
		got := decode(t, d.ask(t, method, own+path, form), status)
		for _, problem := range described.check(described.schemaOf(t, method, own+path), path, got) {
			t.Error(problem)
		}
		return got
	}
	for path, number := range map[string]string{"": "+15550200", "/Local": "+15550202", "/TollFree": "+18005550100", "/Mobile": "+447700900000"} {
		list := "/IncomingPhoneNumbers" + path + ".json"
		sid := check("POST", list, 201, url.Values{"PhoneNumber": {number}})["sid"].(string)
		check("GET", list, 200, nil)
		check("GET", "/IncomingPhoneNumbers/"+sid+".json", 200, nil)
		check("POST", "/IncomingPhoneNumbers/"+sid+".json", 200, url.Values{"VoiceUrl": {"https://example.com"}})
	}
	for _, path := range []string{"", "/US", "/US/Local", "/US/TollFree", "/GB/Mobile"} {
		check("GET", "/AvailablePhoneNumbers"+path+".json", 200, nil)
	}
	for _, path := range []string{"/Applications", "/Keys", "/SigningKeys"} {
		sid := check("POST", path+".json", 201, nil)["sid"].(string)
		check("GET", path+".json", 200, nil)
		check("GET", path+"/"+sid+".json", 200, nil)
		check("POST", path+"/"+sid+".json", 200, url.Values{"FriendlyName": {"Tea"}})
	}
	c, err := d.store.AddCallerID(t.Context(), contract.CallerIDInfo{Number: "+15550301"})
	if err != nil {
		t.Fatal(err)
	}
	check("GET", "/OutgoingCallerIds.json", 200, nil)
	check("GET", "/OutgoingCallerIds/"+string(c.SID)+".json", 200, nil)
	check("POST", "/OutgoingCallerIds/"+string(c.SID)+".json", 200, url.Values{"FriendlyName": {"Tea"}})
}
