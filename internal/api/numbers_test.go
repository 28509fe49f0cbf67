package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/api"
	"confab/internal/contract"
)

// withBlocks is a desk that has numbers to sell, keys, and one number of the
// configuration.
func withBlocks(t *testing.T) desk {
	t.Helper()
	d := newDesk(t, func(c *api.Config) {
		c.Keys = c.Store
		c.Blocks = []contract.NumberBlock{
			{First: "+15550200", Last: "+15550299", Country: "US", Type: contract.NumberLocal},
			{First: "+14155550100", Last: "+14155550103", Country: "US", Type: contract.NumberLocal},
			{First: "+18005550100", Last: "+18005550101", Country: "US", Type: contract.NumberTollFree},
			{First: "+447700900000", Last: "+447700900009", Country: "GB", Type: contract.NumberMobile},
		}
	})
	if err := d.store.SetConfigNumbers([]contract.NumberInfo{{Number: "+15550201", FriendlyName: "Front door", VoiceURL: "https://example.com/config"}}); err != nil {
		t.Fatal(err)
	}
	return d
}

// buy buys a number.
func (d desk) buy(t *testing.T, number string, more url.Values) map[string]any {
	t.Helper()
	form := url.Values{"PhoneNumber": {number}}
	for name, values := range more {
		form[name] = values
	}
	return decode(t, d.ask(t, "POST", own+"/IncomingPhoneNumbers.json", form), 201)
}

// column has one property of each item of a list.
func column(t *testing.T, got map[string]any, list, name string) (all []string) {
	t.Helper()
	items, ok := got[list].([]any)
	if !ok {
		t.Fatalf("no %s in %v", list, got)
	}
	for _, item := range items {
		all = append(all, fmt.Sprint(item.(map[string]any)[name]))
	}
	return all
}

func TestNumber_isBought(t *testing.T) {
	d := withBlocks(t)
	got := d.buy(t, "+15550200", url.Values{"FriendlyName": {"Tea & Cake"}, "VoiceUrl": {"https://example.com/voice"}, "VoiceMethod": {"get"},
		"VoiceFallbackUrl": {"https://example.com/fallback"}, "VoiceFallbackMethod": {"GET"},
		"StatusCallback": {"https://example.com/status"}, "StatusCallbackMethod": {"GET"}})
	pn, _ := got["sid"].(string)
	uri := own + "/IncomingPhoneNumbers/" + pn + ".json"
	want := map[string]any{
		"account_sid": string(account), "address_sid": nil, "address_requirements": "none", "api_version": "2010-04-01", "beta": false,
		"capabilities": map[string]any{"voice": true, "sms": false, "mms": false, "fax": false},
		"date_created": got["date_created"], "date_updated": got["date_created"], "friendly_name": "Tea & Cake", "identity_sid": nil,
		"phone_number": "+15550200", "origin": "hosted", "sid": pn, "sms_application_sid": nil, "sms_fallback_method": "POST", "sms_fallback_url": nil,
		"sms_method": "POST", "sms_url": nil, "status_callback": "https://example.com/status", "status_callback_method": "GET", "trunk_sid": nil,
		"uri": uri, "voice_receive_mode": "voice", "voice_application_sid": nil, "voice_caller_id_lookup": false,
		"voice_fallback_method": "GET", "voice_fallback_url": "https://example.com/fallback", "voice_method": "GET", "voice_url": "https://example.com/voice",
		"emergency_status": "Inactive", "emergency_address_sid": nil, "emergency_address_status": "unregistered", "bundle_sid": nil, "status": "in-use", "type": "local",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bought: want (-), got (+):\n%s", diff)
	}
	if got["date_created"] == nil || !contract.NumberSID(pn).Valid() {
		t.Errorf("date_created %v, sid %v", got["date_created"], pn)
	}
	if diff := cmp.Diff(want, d.get(t, uri)); diff != "" {
		t.Errorf("fetched: want (-), got (+):\n%s", diff)
	}
	// A call finds it at once.
	if n, ok, err := d.store.Number(t.Context(), "15550200"); err != nil || !ok || string(n.SID) != pn || n.VoiceURL != "https://example.com/voice" || n.VoiceMethod != "GET" {
		t.Errorf("a call finds %+v, %v, %v", n, ok, err)
	}

	// An update changes what it names, and clears what it names as empty.
	changed := decode(t, d.ask(t, "POST", uri, url.Values{"VoiceUrl": {"https://example.com/new"}, "StatusCallback": {""}, "StatusCallbackMethod": {""},
		"FriendlyName": {""}, "SmsUrl": {""}, "Unknown": {"x"}, "AccountSid": {string(account)}}), 200)
	want["voice_url"], want["status_callback"], want["status_callback_method"], want["friendly_name"] = "https://example.com/new", nil, "POST", "+15550200"
	want["date_updated"] = changed["date_updated"]
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("changed: want (-), got (+):\n%s", diff)
	}

	// Released, it is nobody's, and can be bought again.
	if w := d.ask(t, "DELETE", uri, nil); w.Code != 204 {
		t.Fatalf("DELETE: %d %s", w.Code, w.Body)
	}
	for _, method := range []string{"GET", "POST", "DELETE"} {
		if w := d.ask(t, method, uri, nil); w.Code != 404 {
			t.Errorf("%s of what is gone: %d", method, w.Code)
		}
	}
	if _, ok, _ := d.store.Number(t.Context(), "15550200"); ok {
		t.Error("a call still finds it")
	}
	if again := d.buy(t, "1 (555) 020-0", nil); again["sid"] == pn || again["voice_url"] != nil || again["voice_method"] != "POST" || again["phone_number"] != "+15550200" {
		t.Errorf("bought again: %v", again)
	}
}

func TestNumber_refusals(t *testing.T) {
	d := withBlocks(t)
	d.buy(t, "+15550200", nil)
	pn := d.buy(t, "+14155550100", nil)["sid"].(string)
	config := column(t, d.get(t, own+"/IncomingPhoneNumbers.json?FriendlyName=Front%20door"), "incoming_phone_numbers", "sid")[0]
	for _, test := range []struct {
		path   string
		form   string
		status int
		code   float64
	}{
		{"", "", 400, 20001},
		{"", "PhoneNumber=555", 400, 21421},
		{"", "PhoneNumber=%2B0155502000", 400, 21421},
		{"", "PhoneNumber=alice", 400, 21421},
		{"", "PhoneNumber=*", 400, 21421},
		{"", "PhoneNumber=%2B15550200", 400, 21422},        // bought
		{"", "PhoneNumber=%2B15550201", 400, 21422},        // the configuration's
		{"", "PhoneNumber=%2B15550300", 400, 21422},        // of no block
		{"/Mobile", "PhoneNumber=%2B15550202", 400, 21422}, // of another type
		{"/Local", "AreaCode=415", 400, 20001},             // Twilio: PhoneNumber is required here
		{"", "AreaCode=41", 400, 21451},
		{"", "AreaCode=abc", 400, 21451},
		{"", "AreaCode=212", 400, 21452},
		{"", "PhoneNumber=%2B15550202&VoiceUrl=x", 400, 21205},
		{"", "PhoneNumber=%2B15550202&VoiceMethod=PUT", 400, 21209},
		{"", "PhoneNumber=%2B15550202&StatusCallback=ftp://x", 400, 21205},
		{"", "PhoneNumber=%2B15550202&FriendlyName=" + strings.Repeat("%C3%A4", 65), 400, 20002},
		{"", "PhoneNumber=%2B15550202&VoiceApplicationSid=AP1", 400, 20001},
		{"", "PhoneNumber=%2B15550202&VoiceApplicationSid=" + sid("AP", 1), 400, 20001},
		{"", "PhoneNumber=%2B15550202&PhoneNumber=%2B15550203", 400, 20001},
		{"", "PhoneNumber=%2B15550202&SmsUrl=https://example.com", 501, 20001},
		{"/" + pn, "SmsApplicationSid=" + sid("AP", 1), 501, 20001},
		{"/" + pn, "SmsMethod=GET", 501, 20001},
		{"/" + pn, "VoiceCallerIdLookup=true", 501, 20001},
		{"/" + pn, "VoiceReceiveMode=fax", 501, 20001},
		{"/" + pn, "TrunkSid=" + sid("TK", 1), 501, 20001},
		{"/" + pn, "EmergencyStatus=Active", 501, 20001},
		{"/" + pn, "BundleSid=" + sid("BU", 1), 501, 20001},
		{"/" + pn, "AccountSid=" + other, 501, 20001},
		{"/" + pn, "VoiceApplicationSid=" + sid("AP", 1), 400, 20001},
		{"/" + config, "VoiceUrl=https://example.com", 403, 20403},
		{"/" + sid("PN", 9), "VoiceUrl=https://example.com", 404, 20404},
		{"/PN1", "", 404, 20404},
		{"/+14155550100", "", 404, 20404},
	} {
		form, err := url.ParseQuery(test.form)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, d.ask(t, "POST", own+"/IncomingPhoneNumbers"+test.path+".json", form), test.status); got["code"] != test.code {
			t.Errorf("POST %s %s: got %v, want %v", test.path, test.form, got, test.code)
		}
	}
	if got := decode(t, d.ask(t, "DELETE", own+"/IncomingPhoneNumbers/"+config+".json", nil), 403); got["code"] != 20403. || !strings.Contains(got["message"].(string), "configuration file") {
		t.Errorf("DELETE of the configuration's: %v", got)
	}
	if got := d.get(t, own+"/IncomingPhoneNumbers/"+config+".json"); got["voice_url"] != "https://example.com/config" || got["date_created"] != nil || got["type"] != nil {
		t.Errorf("the configuration's: %v", got)
	}
	if n := len(column(t, d.get(t, own+"/IncomingPhoneNumbers.json"), "incoming_phone_numbers", "sid")); n != 3 {
		t.Errorf("%d numbers after refusals, want 3", n)
	}
}

func TestNumbers_list(t *testing.T) {
	d := withBlocks(t)
	d.buy(t, "+15550200", url.Values{"FriendlyName": {"Tea"}})
	d.buy(t, "+18005550100", nil)
	d.buy(t, "+447700900005", url.Values{"FriendlyName": {"Tea"}})
	for query, want := range map[string]string{
		".json":                                "+447700900005 +18005550100 +15550200 +15550201", // the configuration's last
		".json?PhoneNumber=%2B1555":            "+15550200 +15550201",
		".json?PhoneNumber=%2B1555020*":        "+15550200 +15550201",
		".json?PhoneNumber=800*****0":          "+18005550100",
		".json?PhoneNumber=800-555":            "+18005550100",
		".json?PhoneNumber=%2B1555020**":       "",
		".json?FriendlyName=Tea":               "+447700900005 +15550200",
		".json?FriendlyName=(800)%20555-0100":  "+18005550100",
		".json?FriendlyName=tea":               "",
		".json?Origin=hosted&FriendlyName=Tea": "+447700900005 +15550200",
		".json?Origin=twilio":                  "",
		".json?Beta=false&PhoneNumber=%2B44":   "+447700900005",
		"/Local.json":                          "+15550200",
		"/Mobile.json":                         "+447700900005",
		"/TollFree.json":                       "+18005550100",
		"/TollFree.json?PhoneNumber=%2B447":    "",
		".json?PageSize=1&Page=1":              "+18005550100",
	} {
		got := d.get(t, own+"/IncomingPhoneNumbers"+query)
		if numbers := strings.Join(column(t, got, "incoming_phone_numbers", "phone_number"), " "); numbers != want {
			t.Errorf("%s: got %q, want %q", query, numbers, want)
		}
	}
	first := d.get(t, own+"/IncomingPhoneNumbers.json?PageSize=3")
	second := d.get(t, first["next_page_uri"].(string))
	if got := column(t, second, "incoming_phone_numbers", "phone_number"); !slices.Equal(got, []string{"+15550201"}) || second["next_page_uri"] != nil {
		t.Errorf("second page: %v", second)
	}
	if w := d.ask(t, "GET", own+"/IncomingPhoneNumbers.json?PhoneNumber=%3B", nil); w.Code != 400 {
		t.Errorf("an odd pattern: %d", w.Code)
	}
}

func TestAvailable(t *testing.T) {
	d := withBlocks(t)
	got := d.get(t, own+"/AvailablePhoneNumbers.json")
	us := map[string]any{"country_code": "US", "country": "United States", "beta": false, "uri": own + "/AvailablePhoneNumbers/US.json",
		"subresource_uris": map[string]any{"local": own + "/AvailablePhoneNumbers/US/Local.json", "toll_free": own + "/AvailablePhoneNumbers/US/TollFree.json"}}
	gb := map[string]any{"country_code": "GB", "country": "United Kingdom", "beta": false, "uri": own + "/AvailablePhoneNumbers/GB.json",
		"subresource_uris": map[string]any{"mobile": own + "/AvailablePhoneNumbers/GB/Mobile.json"}}
	if diff := cmp.Diff([]any{gb, us}, got["countries"]); diff != "" {
		t.Errorf("countries: want (-), got (+):\n%s", diff)
	}
	if diff := cmp.Diff(us, d.get(t, own+"/AvailablePhoneNumbers/US.json")); diff != "" {
		t.Errorf("US: want (-), got (+):\n%s", diff)
	}
	d.buy(t, "+14155550101", nil)
	for query, want := range map[string]string{
		"US/Local.json?PageSize=3":                                  "+15550200 +15550202 +15550203", // without the configuration's
		"US/Local.json?AreaCode=415":                                "+14155550100 +14155550102 +14155550103",
		"US/Local.json?AreaCode=415&Contains=*03":                   "+14155550103",
		"US/Local.json?AreaCode=212":                                "",
		"US/TollFree.json":                                          "+18005550100 +18005550101",
		"US/TollFree.json?Contains=KKK":                             "+18005550100 +18005550101", // ITU-T E.161: K is on 5
		"US/TollFree.json?Contains=kkk0101":                         "+18005550101",
		"US/TollFree.json?Contains=kkl0102":                         "",
		"US/TollFree.json?VoiceEnabled=true&SmsEnabled=false":       "+18005550100 +18005550101",
		"US/TollFree.json?SmsEnabled=true":                          "",
		"US/TollFree.json?VoiceEnabled=false":                       "",
		"US/TollFree.json?Beta=true&ExcludeAllAddressRequired=true": "+18005550100 +18005550101",
		"GB/Mobile.json?Contains=%2B44*********9":                   "+447700900009",
	} {
		got := d.get(t, own+"/AvailablePhoneNumbers/"+query)
		if numbers := strings.Join(column(t, got, "available_phone_numbers", "phone_number"), " "); numbers != want {
			t.Errorf("%s: got %q, want %q", query, numbers, want)
		}
	}
	offer := d.get(t, own+"/AvailablePhoneNumbers/US/TollFree.json")["available_phone_numbers"].([]any)[0]
	want := map[string]any{"friendly_name": "(800) 555-0100", "phone_number": "+18005550100", "lata": nil, "locality": nil, "rate_center": nil,
		"latitude": nil, "longitude": nil, "region": nil, "postal_code": nil, "iso_country": "US", "address_requirements": "none", "beta": false,
		"capabilities": map[string]any{"voice": true, "sms": false, "mms": false, "fax": false}}
	if diff := cmp.Diff(want, offer); diff != "" {
		t.Errorf("offer: want (-), got (+):\n%s", diff)
	}
	// All pages together have each once, the lowest first.
	var all []string
	for next := any(own + "/AvailablePhoneNumbers/US/Local.json?PageSize=40"); next != nil; {
		page := d.get(t, next.(string))
		all = append(all, column(t, page, "available_phone_numbers", "phone_number")...)
		next = page["next_page_uri"]
	}
	if len(all) != 99+3 || all[0] != "+15550200" || all[len(all)-1] != "+14155550103" || len(slices.Compact(all)) != 102 {
		t.Errorf("%d numbers on all pages, from %s to %s", len(all), all[0], all[len(all)-1])
	}
	for query, want := range map[string]int{
		"FR.json": 404, "us.json": 404, "FR/Local.json": 404, "GB/Local.json": 404, "US/Mobile.json": 404, "US/Other.json": 404, "US/Voip.json": 501,
		"US/Local.json?AreaCode=4155": 400, "GB/Mobile.json?AreaCode=770": 400, "US/Local.json?Contains=%3F": 400,
		"US/Local.json?InRegion=CA": 501, "US/Local.json?NearNumber=%2B15550200": 501, "US/Local.json?PageSize=1001": 400,
	} {
		if w := d.ask(t, "GET", own+"/AvailablePhoneNumbers/"+query, nil); w.Code != want {
			t.Errorf("%s: got %d, want %d", query, w.Code, want)
		}
	}
}

// A number is sold once, however many ask for it.
func TestNumbers_boughtByManyAtOnce(t *testing.T) {
	d := withBlocks(t)
	var buyers sync.WaitGroup
	var mu sync.Mutex
	sold := map[string]int{}
	codes := map[int]int{}
	for range 8 {
		buyers.Go(func() {
			w := d.ask(t, "POST", own+"/IncomingPhoneNumbers.json", url.Values{"AreaCode": {"415"}})
			mu.Lock()
			defer mu.Unlock()
			codes[w.Code]++
			if w.Code == 201 {
				sold[w.Body.String()[strings.Index(w.Body.String(), `"phone_number"`):][:30]]++
			}
		})
	}
	buyers.Wait()
	if codes[201] != 4 || codes[400] != 4 || len(sold) != 4 {
		t.Errorf("four numbers for eight buyers: %v, sold %v", codes, sold)
	}
}

func TestCheckBlocks(t *testing.T) {
	good := contract.NumberBlock{First: "+15550200", Last: "+15550299", Country: "US", Type: "local"}
	for name, test := range map[string]struct {
		change func(*contract.NumberBlock)
		want   string
	}{
		"good":             {func(*contract.NumberBlock) {}, ""},
		"one number":       {func(b *contract.NumberBlock) { b.Last = b.First }, ""},
		"no plus":          {func(b *contract.NumberBlock) { b.First = "15550200" }, `[1]: first: "15550200"`},
		"an extension":     {func(b *contract.NumberBlock) { b.Last = "+100" }, `[1]: last: "+100"`},
		"too long":         {func(b *contract.NumberBlock) { b.Last = "+1234567890123456" }, `"+1234567890123456"`},
		"other lengths":    {func(b *contract.NumberBlock) { b.Last = "+155502990" }, "not the same number of digits"},
		"backwards":        {func(b *contract.NumberBlock) { b.First = "+15550300" }, "+15550299 comes before +15550300"},
		"too many":         {func(b *contract.NumberBlock) { b.First, b.Last = "+10000000", "+10100000" }, "100001 numbers"},
		"no country":       {func(b *contract.NumberBlock) { b.Country = "" }, `country: ""`},
		"unknown country":  {func(b *contract.NumberBlock) { b.Country = "XX" }, `country: "XX"`},
		"unknown type":     {func(b *contract.NumberBlock) { b.Type = "Local" }, `type: "Local"`},
		"in another block": {func(b *contract.NumberBlock) { b.First, b.Last = "+447700900009", "+447700900010" }, "block [0]"},
	} {
		b := good
		test.change(&b)
		err := api.CheckBlocks([]contract.NumberBlock{{First: "+447700900000", Last: "+447700900009", Country: "GB", Type: "mobile"}, b})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
